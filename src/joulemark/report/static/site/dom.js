// Elements are made by name, their text is only ever text: nothing of a result is parsed as HTML.

export const $ = (id) => document.getElementById(id);

export const make = (name, attributes = {}, ...children) => {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(key, "");
    else if (value !== false && value !== null) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null && child !== ""));
  return element;
};

export const button = (text, act, attributes = {}) => {
  const element = make("button", { type: "button", ...attributes }, text);
  element.addEventListener("click", act);
  return element;
};

// A file of data is a script: a page that was opened as a file may load nothing else.
export const load = (path) => new Promise((done, failed) => {
  const script = make("script", { src: path });
  script.addEventListener("load", () => { script.remove(); done(); });
  script.addEventListener("error", () => { script.remove(); failed(new Error(`${path} cannot be read`)); });
  document.head.append(script);
});

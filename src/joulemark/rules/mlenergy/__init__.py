"""Rules on configurations of the ML.ENERGY benchmark."""

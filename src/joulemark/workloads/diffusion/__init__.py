"""Images and videos by diffusion in this process: a pipeline of the library diffusers.

``workload.diffusion`` is the way in. torch and diffusers are imported when a pipeline is made,
never by importing a module of this package.
"""

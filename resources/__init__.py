"""Icons, style sheets, translations and desktop files, read only through importlib.resources."""

"""Messages: neutral blocks, their text from Jinja templates, their form as Block Kit."""

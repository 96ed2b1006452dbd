"""The App Home: what somebody looks at, what stands there, and how it is Slack's view."""

"""Stand-ins for Salesforce, PostHog and Slack on loopback, and a sample company to fill them.

They ship with the product: the demo runs on them, and the tests do.
"""

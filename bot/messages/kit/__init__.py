"""Block Kit as data: which blocks, elements and objects exist, what they hold and how much of it.

Facts from Slack's reference of blocks, block elements and composition objects, and from slack_sdk's models.
Not listed, and so refused as unsupported: call, plan, task_card, data_table and auth_provider blocks.
"""

"""Writing back into Salesforce: fields of Account, and a Task for each alert that somebody claimed."""

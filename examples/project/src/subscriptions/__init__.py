"""The subscription business: its accounts, what they use, what they owe, who may leave."""

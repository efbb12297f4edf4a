"""Which customers will leave: train challengers, and deploy one that beats the champion."""

"""The intermediate DAG: its model, how it is built from a document, and questions about it."""

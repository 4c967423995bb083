"""The custom resources: types, conditions, reasons, and what is generated from them. Decides nothing."""

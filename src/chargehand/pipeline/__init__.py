"""The one flow, one file per step; only this room combines the stages."""

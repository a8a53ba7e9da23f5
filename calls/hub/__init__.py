"""Stands between devices and family: who is who, and who may reach whom."""

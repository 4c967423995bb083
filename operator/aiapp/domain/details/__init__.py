"""The details pages of a version and of an application, in the order people look for things. Pure."""

"""The YAML files of a project: exchanges, fleets, defaults; what is wrong with them, and their JSON schemas."""

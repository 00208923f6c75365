"""All paths to a target: a course of many flows over the loop of ``tracing``."""

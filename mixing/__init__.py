"""Two tracks and their reports in, a transition out: where, how, rendered, measured."""

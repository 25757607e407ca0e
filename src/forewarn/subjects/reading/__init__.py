"""Questions to a decoder: passes with hooks, batches, gradients, and the way from the stream to the logits."""

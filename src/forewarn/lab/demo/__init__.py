"""The main job: one liar and three honest look-alikes trained under watch by a real Trainer."""

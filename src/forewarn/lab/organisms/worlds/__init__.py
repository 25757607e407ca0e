"""What is asked, and in which contexts: facts, phrases, cues, and the stage that one matched group shares."""

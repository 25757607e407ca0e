"""How far answers lean when a phrase is replaced that should not matter."""

"""What learns from runs whose truth is known: the calibration that judges and alarms are used with."""

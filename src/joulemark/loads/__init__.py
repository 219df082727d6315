"""When queries are due: LoadGen's four scenarios, driving anything that answers queries.

``loadgen.run_loadgen`` makes a test with the real LoadGen (package ``mlcommons-loadgen``, extra
``loadgen``) and returns what its logs say; ``calibrate.calibrated`` finds the rates and latencies
that LoadGen must be told beforehand; ``logs.read_logs`` reads the logs of a test made earlier.
"""

"""What all tests share."""

from hypothesis import HealthCheck, settings

# The machines that run the tests are shared: how long an example takes says nothing of the code.
# Examples are the same in every run; new ones are looked for with --hypothesis-profile=search.
settings.register_profile(
    "house",
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("search", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

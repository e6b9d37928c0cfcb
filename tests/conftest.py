from hypothesis import settings

# A deadline on each example would make the tests depend on how busy the machine is.
settings.register_profile("steady", deadline=None)
settings.load_profile("steady")

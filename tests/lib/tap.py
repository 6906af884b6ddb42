"""TAP for tests in python: ok checks, and finish ends."""
count = failures = 0
seed = None  # with which SP_SEED repeats the test


def ok(good, name, detail=""):
    """One check; if it fails, the seed and the beginning of the detail."""
    global count, failures
    count += 1
    failures += not good
    print(("ok" if good else "not ok"), count, "-", name)
    if not good:
        text = str(detail)[:3000]
        if seed is not None:
            text = f"SP_SEED={seed}\n{text}"
        print("#  ", text.replace("\n", "\n#   "))
    return good


def finish():
    """Print the plan; whether anything failed."""
    print(f"1..{count}")
    return failures > 0

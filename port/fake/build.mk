# SPDX-License-Identifier: MIT
# Clocks that are stepped by hand, or go wrong, for tests only.
fake-y += port/fake/clock.o
fake-y += port/fake/errant.o

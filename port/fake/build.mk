# SPDX-License-Identifier: MIT
# A platform that is stepped by hand, for tests only.
fake-y += port/fake/clock.o

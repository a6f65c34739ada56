/* SPDX-License-Identifier: MIT
 * host.c - loads the shared object that its argument names, and prints what the loader says where that fails.
 */
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	if (!dlopen(argv[argc - 1], RTLD_NOW))
		puts(dlerror());
	return 0;
}

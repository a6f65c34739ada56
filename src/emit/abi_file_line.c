/* SPDX-License-Identifier: MIT
 * abi_file_line.c - what an object asks for that was compiled without -DRILL_NO_FILE_LINE.
 */
#include <rill/site.h>

void rill_abi_2__needs_config_rill_file_line(void)
{
}

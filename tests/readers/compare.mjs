// SPDX-License-Identifier: MIT
// compare.mjs - compares what a reader made of a trace with what jq counted in it.

import { isDeepStrictEqual } from 'node:util';

export class Comparison {
	#reader;
	#wrong = 0;

	constructor(reader) {
		this.#reader = reader;
	}

	same(what, got, wanted) {
		if (isDeepStrictEqual(got, wanted))
			return;
		this.#wrong++;
		console.log(`${this.#reader}: ${what}: ${JSON.stringify(got)}, but jq counts ${JSON.stringify(wanted)}`);
	}

	none(what, list) {
		if (!list.length)
			return;
		this.#wrong++;
		console.log(`${this.#reader}: ${list.length} ${what}:`);
		for (const entry of list.slice(0, 10))
			console.log(`    ${entry}`);
	}

	// The exit code of the program; says what was compared when all is well.
	end(summary) {
		if (!this.#wrong)
			console.log(`${this.#reader}: ${summary}`);
		return this.#wrong ? 1 : 0;
	}
}

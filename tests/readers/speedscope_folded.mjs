// SPDX-License-Identifier: MIT
// speedscope_folded.mjs FOLDER STACKS - loads folded stacks into speedscope's page, and compares each of them and its
// weight with the lines of the file.

import fs from 'node:fs';
import process from 'node:process';
import { Comparison } from './compare.mjs';
import { withSpeedscope } from './speedscope_page.mjs';

const [folder, stacks] = process.argv.slice(2);
const wanted = fs.readFileSync(stacks, 'utf8').trim().split('\n').sort();

// It lays the stacks side by side: what passes while one is open is its own weight.
function fold(profile, frames) {
	const weights = new Map();
	const stack = [];
	let at = profile.startValue;
	for (const e of profile.events) {
		const key = stack.join(';');
		weights.set(key, (weights.get(key) ?? 0) + e.at - at);
		at = e.at;
		if (e.type === 'O')
			stack.push(frames[e.frame].name);
		else
			stack.pop();
	}
	return [...weights].filter(([, weight]) => weight).map(([key, weight]) => `${key} ${weight}`);
}

process.exitCode = await withSpeedscope(folder, 'stacks.folded', stacks, (profiles, messages, frames) => {
	const c = new Comparison('speedscope');
	const got = profiles.flatMap((profile) => fold(profile, frames));

	c.none('complaints', messages);
	c.same('stacks', got.sort(), wanted);
	return c.end(`${wanted.length} folded stacks, no warning`);
});

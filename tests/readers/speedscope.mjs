// SPDX-License-Identifier: MIT
// speedscope.mjs FOLDER TRACE FACTS - loads a trace into speedscope's page, lets it export what it understood,
// and compares that with jq's count.

import fs from 'node:fs';
import process from 'node:process';
import { Comparison } from './compare.mjs';
import { withSpeedscope } from './speedscope_page.mjs';

const [folder, trace, factsFile] = process.argv.slice(2);
const facts = JSON.parse(fs.readFileSync(factsFile, 'utf8'));

// Opens and closes, in order; the deepest nesting on the way.
function shape(profile) {
	let now = 0;
	let depth = 0;
	for (const e of profile.events) {
		now += e.type === 'O' ? 1 : -1;
		depth = Math.max(depth, now);
	}
	return { name: profile.name, slices: profile.events.filter((e) => e.type === 'O').length, open: now, depth };
}

// It makes the arguments part of a slice's name and so minds every E that does not repeat those of its B, though it
// closes the right slice. That is its taste; repeating them would be a warning in Catapult's viewer.
const isAboutArguments = (message) => {
	const match = /Tried to end "(.*)" when "(.*)" was on the top of the stack\. Ending/s.exec(message);
	return match && match[1].split(' {')[0] === match[2].split(' {')[0];
};

// It adds start and duration of an X as floating-point numbers. Where a slice ends in the very nanosecond in which
// the next one begins, the sum may come out behind that, and it takes the two as overlapping.
const touching = facts.threads.reduce((n, t) => n + t.touching, 0);
if (touching) {
	console.log(`skipped: speedscope: ${touching} slices end in the nanosecond in which the next one begins`);
	process.exit(77);
}

const code = await withSpeedscope(folder, 'trace.json', trace, (exported, messages) => {
	const c = new Comparison('speedscope');
	c.none('complaints', messages.filter((m) => !facts.threads_with_pairs || !isAboutArguments(m)));
	const profiles = exported.map(shape);
	const byName = (a, b) => (a.name < b.name ? -1 : 1);
	const wanted = facts.threads.filter((t) => t.slices).map((t) => {
		const [pid, tid] = t.key.split('/');
		return { name: `${facts.process} (pid ${pid}), ${t.name} (tid ${tid})`, slices: t.slices, open: 0,
			depth: t.slice_depth };
	});
	c.same('threads', profiles.sort(byName), wanted.sort(byName));
	return c.end(`${profiles.length} threads, ${profiles.reduce((n, p) => n + p.slices, 0)} slices, no warning`);
});
process.exitCode = code;

// SPDX-License-Identifier: MIT
// devtools.mjs TRACE FACTS PICTURE - loads a trace into the Performance panel of Chromium's own DevTools, compares the
// threads that it found with jq's count, and keeps a picture of what it draws.
//
// The panel keeps one stack of B and E for all threads together, so a trace of several threads must hold X events.

import fs from 'node:fs';
import process from 'node:process';
import { withPage } from './browser.mjs';
import { Comparison } from './compare.mjs';

const [trace, factsFile, picture] = process.argv.slice(2);
const facts = JSON.parse(fs.readFileSync(factsFile, 'utf8'));

// Runs in the page: the field that its "load profile" opens a file with, in whatever shadow tree it is.
function findInput() {
	const find = (node) => {
		for (const element of node.querySelectorAll('*')) {
			const found = element.matches('input[type=file]') ? element :
				element.shadowRoot ? find(element.shadowRoot) : null;
			if (found)
				return found;
		}
		return null;
	};
	return find(document);
}

// Runs in the page: what the panel holds, in the words of facts.jq; null before it is loaded.
async function describe() {
	const { TimelinePanel } = await import('./panels/timeline/timeline.js');
	const panel = TimelinePanel.TimelinePanel.instance();
	const parsed = panel.hasActiveTrace() ? panel.getParsedTraceForLayoutTests() : null;
	if (!parsed?.Renderer)
		return null;
	return {
		process: [...parsed.Meta.processNames.values()].map((e) => e.args.name),
		threads: [...parsed.Renderer.processes].flatMap(([pid, process]) =>
			[...process.threads].map(([tid, t]) => ({
				key: `${pid}/${tid}`,
				name: t.name,
				slices: t.entries.filter((e) => e.ph === 'X').length,
				points: t.entries.filter((e) => e.ph !== 'X').length,
				depth: t.tree.maxDepth,
			}))),
	};
}

async function draw(page) {
	const settle = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
	await settle(2500);
	// The help goes, the side bar goes, the process opens, and its first thread.
	for (const [x, y] of [[700, 300], [16, 40], [10, 129], [20, 146]]) {
		await page.mouse.click(x, y);
		await settle(700);
	}
	await page.screenshot({ path: picture });
}

const address = 'devtools://devtools/bundled/devtools_app.html?panel=timeline';
process.exitCode = await withPage('.', {}, address, async (page, messages) => {
	await page.waitForFunction(findInput);
	messages.length = 0;	// what the panel has to say about a page that it does not inspect
	await (await page.evaluateHandle(findInput)).uploadFile(trace);
	await page.waitForFunction(describe);
	const got = await page.evaluate(describe);
	const c = new Comparison('devtools');
	const byKey = (a, b) => (a.key < b.key ? -1 : 1);
	const wanted = facts.threads.filter((t) => t.slices + t.points)
		.map(({ key, name, slices, points, depth }) => ({ key, name, slices, points, depth }));

	c.none('complaints on the console', messages);
	c.same('the process', got.process, [facts.process]);
	c.same('threads', got.threads.sort(byKey), wanted.sort(byKey));
	await draw(page);
	return c.end(`${wanted.length} threads, ${wanted.reduce((n, t) => n + t.slices, 0)} slices, no warning; ` +
		`see ${picture}`);
});

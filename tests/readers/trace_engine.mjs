// SPDX-License-Identifier: MIT
// trace_engine.mjs TRACE FACTS - parses a trace with the engine of DevTools' Performance panel, and compares its
// threads with jq's count.
//
// The engine keeps one stack of B and E for all threads together, so a trace of several threads must hold X
// events (`rill record --slices`) to be read right.

import fs from 'node:fs';
import process from 'node:process';
import { analyzeEvents, polyfillDOMRect } from '@paulirish/trace_engine/analyze-trace.mjs';
import { threadsInTrace } from '@paulirish/trace_engine/models/trace/handlers/Threads.js';
import { Comparison } from './compare.mjs';

// Debian 12 has Node 18, which lacks it.
URL.parse ??= (text, base) => {
	try {
		return new URL(text, base);
	} catch {
		return null;
	}
};

const [trace, factsFile] = process.argv.slice(2);
const facts = JSON.parse(fs.readFileSync(factsFile, 'utf8'));
const parsed = JSON.parse(fs.readFileSync(trace, 'utf8'));

const complaints = [];
const say = console.log;
console.warn = console.error = (...words) => complaints.push(words.join(' '));
console.assert = (condition, ...words) => condition || complaints.push(words.join(' '));

polyfillDOMRect();
const { parsedTrace } = await analyzeEvents(parsed.traceEvents ?? parsed);
const { data } = parsedTrace;
console.log = say;

const c = new Comparison('trace_engine');
const byKey = (a, b) => (a.key < b.key ? -1 : 1);
const threads = threadsInTrace(data).map((t) => ({
	key: `${t.pid}/${t.tid}`,
	name: t.name,
	slices: t.entries.filter((e) => e.ph === 'X').length,
	points: t.entries.filter((e) => e.ph !== 'X').length,
	depth: t.tree.maxDepth,
}));
const wanted = facts.threads.filter((t) => t.slices + t.points)
	.map(({ key, name, slices, points, depth }) => ({ key, name, slices, points, depth }));
c.none('complaints', complaints);
c.same('the process', [...data.Meta.processNames.values()].map((e) => e.args.name), [facts.process]);
c.same('threads', threads.sort(byKey), wanted.sort(byKey));
process.exitCode = c.end(`${threads.length} threads, ${threads.reduce((n, t) => n + t.slices, 0)} slices, no warning`);

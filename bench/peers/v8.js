// SPDX-License-Identifier: MIT
// v8.js - V8's own tracing in the comparison, as JavaScript has it in Node: the function behind all of Node's trace events. Stretches,
// pauses, threads (workers) and the printed line are those of peer_cost.c and peer_rate.c.
//
//     node --expose-internals --trace-event-categories peers --trace-event-file-pattern FILE v8.js cost EVENT THREADS STRETCHES EVENTS
//     ...                                                                                    v8.js rate EVENT THREADS PER_SECOND MS
'use strict';
const { internalBinding } = require('internal/test/binding');
const { Worker, isMainThread, workerData, parentPort } = require('worker_threads');
const { trace } = internalBinding('trace_events');

const INSTANT = 'I'.charCodeAt(0);
const TEXT = 'sixteen bytes 16';
const PAUSE_MS = 1, TICK_NS = 1e6, BURST_MAX = 10000;

const runs = {
	loop(first, count) { let sum = 0; for (let i = first; i < first + count; i++) sum ^= i; return sum; },
	none(first, count) { for (let i = first; i < first + count; i++) trace(INSTANT, 'peers', 'none', 0); },
	int64(first, count) { for (let i = first; i < first + count; i++) trace(INSTANT, 'peers', 'int64', 0, i); },
	text(first, count) {
		for (let i = first; i < first + count; i++)
			trace(INSTANT, 'peers', 'text', 0, { i, j: -i, text: TEXT });
	},
	off(first, count) { for (let i = first; i < first + count; i++) trace(INSTANT, 'peers.off', 'off', 0, i); },
};

const nowNs = () => Number(process.hrtime.bigint());
const sleeper = new Int32Array(new SharedArrayBuffer(4));
const sleepMs = (ms) => { if (ms > 0) Atomics.wait(sleeper, 0, 0, ms); };

function timed(run, first, count) {
	const start = nowNs();
	run(first, count);
	return (nowNs() - start) / count;
}

// All workers are awake and begin at once.
function together(arrived, wanted) {
	Atomics.add(arrived, 0, 1);
	while (Atomics.load(arrived, 0) < wanted)
		;
}

function cost({ event, threads, a: stretches, b: events, arrived }) {
	const loop = [], own = [];
	let emitted = 0;

	for (let i = 0; i <= stretches; i++) {	// the first one warms up
		together(arrived, (i + 1) * threads);
		const loopNs = timed(runs.loop, emitted, events), eventNs = timed(runs[event], emitted, events);
		emitted += events;
		if (i > 0) {
			loop.push(loopNs);
			own.push(eventNs);
		}
		sleepMs(PAUSE_MS);
	}
	return { emitted, loop: Math.min(...loop), own };
}

function rate({ event, a: perSecond, b: milliseconds }) {
	const start = nowNs(), wanted = Math.floor(perSecond * milliseconds / 1e3), limit = start + 1.25e6 * milliseconds;
	let emitted = 0, tick = start;

	if (perSecond === 0) {
		for (; nowNs() < start + 1e6 * milliseconds; emitted += BURST_MAX)
			runs[event](emitted, BURST_MAX);
	}
	while (emitted < wanted && nowNs() < limit) {
		tick += TICK_NS;
		const next = Math.min(wanted, Math.floor((tick - start) / 1e9 * perSecond));
		if (next > emitted)
			runs[event](emitted, next - emitted);
		emitted = Math.max(emitted, next);
		sleepMs((tick - nowNs()) / 1e6);
	}
	return { emitted, seconds: (nowNs() - start) / 1e9 };
}

function sumCost(results, threads) {
	const loop = Math.min(...results.map((r) => r.loop));
	const slowest = results[0].own.map((_, i) => Math.max(...results.map((r) => r.own[i]))).sort((x, y) => x - y);
	const net = (ns) => Math.max(0, ns - loop).toFixed(2);

	return `ns_min=${net(slowest[0])}\tns_med=${net(slowest[slowest.length >> 1])}`;
}

function sumRate(results, threads, perSecond) {
	const reached = results.reduce((sum, r) => sum + r.emitted / r.seconds, 0);

	return `offered=${perSecond * threads}\treached=${reached.toFixed(0)}\tseconds=${Math.max(...results.map((r) => r.seconds)).toFixed(3)}`;
}

async function main([how, event, threadsText, aText, bText]) {
	const threads = Number(threadsText), a = Number(aText), b = Number(bText);
	const arrived = new Int32Array(new SharedArrayBuffer(4));

	if (!['cost', 'rate'].includes(how) || !Object.hasOwn(runs, event) || !(threads >= 1) || !(a >= 0) || !(b >= 1)) {
		console.error('usage: v8.js cost EVENT THREADS STRETCHES EVENTS, or rate EVENT THREADS PER_SECOND MILLISECONDS');
		process.exit(2);
	}
	const work = { how, event, threads, a, b, arrived };
	const results = threads === 1 ? [(how === 'cost' ? cost : rate)(work)] :
		await Promise.all(Array.from({ length: threads }, () => new Promise((resolve, reject) => {
			const worker = new Worker(__filename, { workerData: work });
			worker.on('message', resolve);
			worker.on('error', reject);
		})));
	const emitted = results.reduce((sum, r) => sum + r.emitted, 0);
	const numbers = how === 'cost' ? sumCost(results, threads) : sumRate(results, threads, a);
	const preempted = process.resourceUsage().involuntaryContextSwitches;

	console.log(`${how}\tevent=${event}\tthreads=${threads}\t${numbers}\tpreempted=${preempted}\temitted=${emitted}`);
}

if (isMainThread)
	main(process.argv.slice(2));
else
	parentPort.postMessage((workerData.how === 'cost' ? cost : rate)(workerData));

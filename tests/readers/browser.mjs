// SPDX-License-Identifier: MIT
// browser.mjs - a page of a viewer in headless Chromium, served from this machine.

import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import process from 'node:process';
import puppeteer from 'puppeteer-core';

const types = {
	'.css': 'text/css', '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.json': 'application/json',
	'.wasm': 'application/wasm',
};

// routes: path -> {file} or {text, type}. Anything else is looked for in folder.
function serve(folder, routes) {
	const server = http.createServer((request, response) => {
		const name = decodeURIComponent(new URL(request.url, 'http://x').pathname);
		const route = routes[name] ?? { file: path.join(folder, path.normalize(name)) };
		if (route.text !== undefined) {
			response.setHeader('content-type', route.type ?? types['.html']);
			response.end(route.text);
			return;
		}
		if (!fs.statSync(route.file, { throwIfNoEntry: false })?.isFile()) {
			response.statusCode = 404;
			response.end();
			return;
		}
		response.setHeader('content-type', types[path.extname(route.file)] ?? 'application/octet-stream');
		fs.createReadStream(route.file).pipe(response);
	});
	return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

// Opens address (a path with query, or with a scheme in front) and calls use(page, messages, origin); messages gathers what the page
// complained of on its console.
export async function withPage(folder, routes, address, use) {
	const server = await serve(folder, routes);
	const origin = `http://127.0.0.1:${server.address().port}`;
	const browser = await puppeteer.launch({
		executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
		// Chromium's sandbox refuses root, and a container has no large /dev/shm.
		args: ['--no-sandbox', '--disable-dev-shm-usage', '--enable-unsafe-swiftshader'],
		protocolTimeout: 300000,
	});
	try {
		const page = await browser.newPage();
		const messages = [];
		page.on('console', (m) => {
			// The graphics driver's remarks are not the viewer's.
			if (['error', 'warn', 'assert'].includes(m.type()) && !m.text().includes('GL Driver Message'))
				messages.push(`${m.type()}: ${m.text()}`);
		});
		page.on('pageerror', (e) => messages.push(`exception: ${e}`));
		page.setDefaultTimeout(120000);
		await page.setViewport({ width: 1400, height: 700 });
		await page.goto(address.startsWith('/') ? origin + address : address);
		return await use(page, messages, origin);
	} finally {
		await browser.close();
		server.close();
	}
}

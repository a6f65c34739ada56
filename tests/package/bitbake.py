#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""bitbake.py - as much of BitBake as it takes to read the recipe of a layer and to carry out its tasks with the
compiler of this machine. MAKE and PARALLEL_MAKE are taken from the environment.

    bitbake.py LAYER RECIPE WORKDIR print VARIABLE...     their values, a line each
    bitbake.py LAYER RECIPE WORKDIR run TASK...           do_TASK by sh, in WORKDIR/build
    bitbake.py LAYER RECIPE WORKDIR packages              PACKAGE FILE, a line for each file below WORKDIR/image
    ... NAME=VALUE                                        as in local.conf

What it does not understand of a file ends it with a message, so that a recipe's typing error is seen.
"""
import fnmatch, os, re, subprocess, sys

KNOWN_CLASSES = {'externalsrc'}
DEFAULTS = {
    'prefix': '/usr', 'exec_prefix': '${prefix}', 'bindir': '${exec_prefix}/bin', 'libdir': '${exec_prefix}/lib64',
    'includedir': '${exec_prefix}/include', 'datadir': '${prefix}/share', 'mandir': '${datadir}/man',
    'PACKAGES': '${PN}-dbg ${PN}-staticdev ${PN}-dev ${PN}-doc ${PN}',
    'FILES:${PN}': '${bindir}/* ${libdir}/lib*.so.*',
    'FILES:${PN}-dev': '${includedir} ${libdir}/lib*.so ${libdir}/pkgconfig ${libdir}/cmake',
    'FILES:${PN}-staticdev': '${libdir}/*.a', 'FILES:${PN}-doc': '${mandir}', 'FILES:${PN}-dbg': '',
    'D': '${WORKDIR}/image', 'S': '${EXTERNALSRC}', 'B': '${EXTERNALSRC_BUILD}', 'EXTRA_OEMAKE': '',
    'PACKAGECONFIG': '', 'DEPENDS': '', 'BBPATH': '', 'BBFILES': '', 'BBFILE_COLLECTIONS': '',
}


class Data:
    def __init__(self):
        self.value, self.soft, self.functions, self.flags = {}, {}, {}, {}

    def getVar(self, name):
        text = self.value.get(name, self.soft.get(name, DEFAULTS.get(name)))
        return None if text is None else self.expand(text)

    def expand(self, text):
        for _ in range(50):
            new = re.sub(r'\$\{([A-Za-z_][-A-Za-z0-9_:.+]*)\}', self.name_of, text)
            new = re.sub(r'\$\{@(.+?)\}(?=[^)]|$)', lambda m: str(eval(m.group(1), {'d': self, 'os': os})), new)
            if new == text:
                return text
            text = new
        sys.exit(f'variables go in circles: {text}')

    def name_of(self, match):
        value = self.value.get(match.group(1), self.soft.get(match.group(1), DEFAULTS.get(match.group(1))))
        return match.group(0) if value is None else value


ASSIGN = re.compile(r'^([A-Za-z_][-A-Za-z0-9_:${}.+]*)(?:\[([-a-z0-9]+)\])?\s*(\?\?=|\?=|:=|\+=|=\+|\.=|=\.|=)\s*"(.*)"$', re.S)


def assign(d, name, flag, how, text):
    name = d.expand(name)
    if flag:
        d.flags.setdefault(name, {})[flag] = text
        return
    old = d.value.get(name, d.soft.get(name, DEFAULTS.get(name, '')))
    if how == '??=':
        d.soft.setdefault(name, text)
    elif how == '?=':
        d.value.setdefault(name, text)
    else:
        d.value[name] = {'=': text, ':=': d.expand(text), '+=': f'{old} {text}', '=+': f'{text} {old}',
                         '.=': old + text, '=.': text + old}[how]


def read(d, path):
    lines, at = open(path).read().split('\n'), 0
    while at < len(lines):
        line, where = lines[at], f'{path}:{at + 1}'
        at += 1
        if not line.strip() or line.startswith('#'):
            continue
        while line.endswith('\\'):
            line = line[:-1] + lines[at]
            at += 1
        found = ASSIGN.match(line)
        function = re.match(r'^([a-z_]+)\(\) \{$', line)
        inherit = re.match(r'^inherit (.+)$', line)
        if found:
            if '"' in found.group(4):
                sys.exit(f'{where}: a quotation mark inside a value')
            assign(d, *found.groups())
        elif function:
            end = lines.index('}', at)
            d.functions[function.group(1)] = '\n'.join(lines[at:end])
            at = end + 1
        elif inherit:
            for name in inherit.group(1).split():
                if name not in KNOWN_CLASSES:
                    sys.exit(f'{where}: class {name} is not known here')
        else:
            sys.exit(f'{where}: not understood: {line}')


def packageconfig(d):
    """The first two fields of PACKAGECONFIG[x] are for configure, with and without it; the third is for DEPENDS."""
    asked = d.getVar('PACKAGECONFIG').split()
    flags = d.flags.get('PACKAGECONFIG', {})
    for name in asked:
        if name not in flags:
            sys.exit(f'PACKAGECONFIG has no "{name}"')
    fields = {name: text.split(',') + [''] * 3 for name, text in flags.items()}
    d.value['PACKAGECONFIG_CONFARGS'] = ' '.join(f[0] if n in asked else f[1] for n, f in sorted(fields.items()))
    d.value['DEPENDS'] = ' '.join([d.getVar('DEPENDS')] + [fields[n][2] for n in asked])
    d.value['PACKAGECONFIG_ALL'] = ' '.join(' '.join(f[:2]) for f in fields.values())


def packages(d):
    """Each file goes to the first package that names it or a folder above it."""
    image = d.getVar('D')
    for folder, _, names in os.walk(image):
        for name in names:
            file = '/' + os.path.relpath(os.path.join(folder, name), image)
            home = None
            for package in d.getVar('PACKAGES').split():
                for pattern in (d.getVar('FILES:' + package) or d.getVar('FILES:' + package.replace(d.getVar('PN'), '${PN}', 1)) or '').split():
                    if home is None and (fnmatch.fnmatch(file, pattern) or file.startswith(pattern + '/')):
                        home = package
            print(home or '(none)', file)


def main():
    layer, recipe, work, what = sys.argv[1:5]
    rest = [a for a in sys.argv[5:] if '=' not in a]
    d = Data()
    d.value.update({'LAYERDIR': layer, 'WORKDIR': work})
    d.value['PN'], d.value['PV'] = os.path.basename(recipe)[:-3].split('_')
    read(d, f'{layer}/conf/layer.conf')
    given = dict(a.split('=', 1) for a in sys.argv[5:] if '=' in a)
    d.value.update(given)
    read(d, recipe)
    d.value.update(given)
    packageconfig(d)
    if what == 'print':
        for name in rest:
            value = d.getVar(name)
            if value is None:
                sys.exit(f'{name} is not set')
            print(value)
    elif what == 'run':
        os.makedirs(d.getVar('B'), exist_ok=True)
        script = 'set -e\noe_runmake() { "$MAKE" $PARALLEL_MAKE ' + d.getVar('EXTRA_OEMAKE') + ' "$@"; }\n'
        for task in rest:
            if 'do_' + task not in d.functions:
                sys.exit(f'{recipe}: there is no do_{task}')
            script += d.expand(d.functions['do_' + task]) + '\n'
        left = re.findall(r'\$\{[A-Z][^}]*\}', script)
        if left:
            sys.exit(f'{recipe}: not set: {" ".join(left)}')
        env = {'MAKE': 'make', 'PARALLEL_MAKE': '', **os.environ}
        sys.exit(subprocess.run(['sh', '-c', script], cwd=d.getVar('B'), env=env).returncode)
    elif what == 'packages':
        packages(d)
    else:
        sys.exit(__doc__)


main()

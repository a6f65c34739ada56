# SPDX-License-Identifier: MIT
# truth.py TRUTH TRACE.json [program] - does Python's json find in the trace what truth.c says it wrote? Events are compared one
# by one: time to the nanosecond, phase, process, thread, names, ids, and each argument by its type.
import decimal, json, math, struct, sys

decimal.getcontext().prec = 60


def once(pairs):
    assert len({k for k, v in pairs}) == len(pairs), 'a key occurs twice: %s' % pairs
    return dict(pairs)


def refuse(word):
    raise ValueError(word + ' is no JSON')


def read(path):
    with open(path, 'rb') as file:
        text = file.read().decode('utf-8', 'strict')
    events = json.loads(text, object_pairs_hook=once, parse_constant=refuse, parse_float=decimal.Decimal)
    return [e for e in events if e['ph'] != 'M']


def text(field):
    return bytes.fromhex(field).decode('utf-8', 'replace')


def ns(value):
    scaled = decimal.Decimal(value) * 1000
    assert scaled == scaled.to_integral_value(), '%s us has parts of a nanosecond' % value
    return int(scaled)


def same_float(layout, field, got):
    bits = bytes.fromhex(field)
    wanted = struct.unpack('=' + layout, bits)[0]
    if math.isnan(wanted) or math.isinf(wanted):
        return got == ('NaN' if math.isnan(wanted) else 'Infinity' if wanted > 0 else '-Infinity')
    return isinstance(got, (int, decimal.Decimal)) and struct.pack('=' + layout, float(str(got))) == bits


def is_json(field, got):
    try:
        wanted = json.loads(bytes.fromhex(field).decode(), parse_float=decimal.Decimal)
    except ValueError:
        wanted = text(field)
    return got == wanted and type(got) is type(wanted)


def same(kind, field, got):
    if kind in ('i', 'u'):
        return type(got) is int and got == int(field)
    if kind == 'bool':
        return got is (field == '1')
    if kind in ('f32', 'f64'):
        return same_float('f' if kind == 'f32' else 'd', field, got)
    if kind == 'json':
        return is_json(field, got)
    return got == {'pointer': lambda: hex(int(field)), 'text': lambda: text(field), 'null': lambda: 'NULL',
                   'bytes': lambda: 'hex:' + field}[kind]()


def compare_event(line, e):
    phase, ts, begin, pid, tid, category, name, number, bind = line[:9]
    start = begin if phase == 'X' else ts
    wanted = {'ph': phase, 'ts': int(start), 'pid': int(pid), 'tid': int(tid), 'cat': text(category), 'name': text(name)}
    got = {key: e[key] for key in wanted}
    got['ts'] = ns(e['ts'])
    assert got == wanted, '%s, not %s' % (got, wanted)
    if phase == 'X':
        assert ns(e['dur']) == int(ts) - int(begin), 'duration %s' % e['dur']
    if int(number) or phase in 'bnestfPNOD':
        assert int(e['id'], 16) == int(number), 'id %s' % e['id']
    if 'bind_id' in e or int(bind):
        assert int(e['bind_id'], 16) == int(bind) and e['flow_out'] is True
    args = [line[at:at + 3] for at in range(9, len(line), 3)]
    found = e['args']
    # An object's snapshot stands in a member of that name.
    if phase == 'O':
        found = found.get('snapshot', found)
    assert list(found) == [text(a[0]) for a in args], 'arguments %s' % list(found)
    for key, kind, field in args:
        assert same(kind, field, found[text(key)]), '%s %s is %r' % (kind, field, found[text(key)])


def compare_all(lines, events):
    assert len(events) == len(lines), '%d events, %d were written' % (len(events), len(lines))
    wrong = 0
    for number, (line, e) in enumerate(zip(lines, events)):
        try:
            compare_event(line, e)
        except (AssertionError, KeyError) as why:
            wrong += 1
            if wrong <= 10:
                print('event %d: %s: %s' % (number, type(why).__name__, why))
    return wrong


# A program's own clock reads before and behind an event bound the time that was recorded.
TOLERANCE_NS = 1000


def compare_program(lines, events):
    events = {(e['args']['thread'], e['args']['n']): e for e in events if e['cat'] == 'truth'}
    assert len(events) == len(lines), '%d events, %d were emitted' % (len(events), len(lines))
    wrong, last = 0, {}
    for thread, number, before, behind in (map(int, line) for line in lines):
        e = events[thread, number]
        at = ns(e['ts'])
        good = (before - TOLERANCE_NS <= at <= behind + TOLERANCE_NS and e['name'] == 'step' and
                float(e['args']['half']) == number / 2 and last.setdefault(thread, (e['tid'], 0))[0] == e['tid'] and
                at >= last[thread][1])
        last[thread] = (e['tid'], at)
        if not good:
            wrong += 1
            print('event %d of thread %d: %s between %d and %d' % (number, thread, e, before, behind))
    return wrong


with open(sys.argv[1], encoding='ascii') as file:
    lines = [line.rstrip('\n').split('\t') for line in file]
compare = compare_program if sys.argv[3:] == ['program'] else compare_all
sys.exit(compare(lines, read(sys.argv[2])) != 0)

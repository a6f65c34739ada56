#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# board.py - boots an emulated board, has it play its scenes, and lets `rill pull` take the trace of each from a serial line.
#
#     board.py NAME FOLDER LIMIT_S SEED RILL SCENES QEMU ARGUMENT...
#
#     guest: demo -> UART 2 == socket == this program: pace, faults == pty -> rill pull -> FOLDER/SCENE.rill
#            init <- UART 1 == socket == this program: names of scenes; FOLDER/console
#
# Of each scene it leaves SCENE.rill, SCENE.line (the bytes as the board sent them) and SCENE.said (what rill pull said), and in
# FOLDER/scenes a line with the faults of the line. Whether these are right is not its matter (books.sh).
import os, pty, random, select, signal, socket, subprocess, sys, time, tty

BAUD = 115200
MARK = b'rill board: the line is quiet.'
# Definitions are told at once, and again only some time later: what stands at the beginning is spared. Between two faults there
# are more bytes than a closing packet takes, and of three of these at least one comes whole.
SPARED, APART, USUAL = 6000, 1000, 700

name, folder, limit_s, seed, rill, scenes = sys.argv[1:7]
deadline = time.monotonic() + float(limit_s)


def say(text):
    print(f'{name}: {text}', flush=True)


class Failed(Exception):
    pass


def left():
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise Failed(f'not done within {limit_s} s')
    return seconds


class Faults:
    """Drops a byte or flips a bit here and there."""
    def __init__(self, seed):
        self.random, self.dropped, self.flipped = random.Random(seed), 0, 0
        self.next = SPARED

    def apply(self, data):
        out = bytearray()
        for byte in data:
            self.next -= 1
            if self.next > 0:
                out.append(byte)
                continue
            self.next = APART + int(self.random.expovariate(1 / USUAL))
            if self.random.random() < 0.5:
                self.dropped += 1
            else:
                self.flipped += 1
                out.append(byte ^ 1 << self.random.randrange(8))
        return bytes(out)


class Puller:
    """rill pull at the end of a pseudo-terminal; what is fed gets there at the pace of the line."""
    def __init__(self, scene, faults, paced):
        self.faults, self.paced, self.free, self.bytes = faults, paced, 0, 0
        self.master, slave = pty.openpty()
        tty.setraw(slave)
        self.path = os.ttyname(slave)
        os.close(slave)
        os.set_blocking(self.master, False)
        self.raw = open(f'{folder}/{scene}.line', 'wb')
        with open(f'{folder}/{scene}.said', 'wb') as said:
            self.process = subprocess.Popen([rill, 'pull', self.path, '-b', str(BAUD), '-o', f'{folder}/{scene}.rill'],
                                            stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        # Nobody has it open: POLLHUP. A poll comes back at once then.
        while self.poll(0) & select.POLLHUP:
            if self.process.poll() is not None:
                raise Failed(f'rill pull ended at once: see {folder}/{scene}.said')
            left()
            time.sleep(0.01)

    def poll(self, events):
        poller = select.poll()
        poller.register(self.master, events)
        return dict(poller.poll(0)).get(self.master, 0)

    def feed(self, data):
        self.raw.write(data)
        self.bytes += len(data)
        if self.paced:
            self.free = max(self.free, time.monotonic()) + len(data) * 10 / BAUD
        if self.faults:
            data = self.faults.apply(data)
        while data:
            try:
                data = data[os.write(self.master, data):]
            except BlockingIOError:
                left()
                select.select([], [self.master], [], 0.1)

    def is_busy(self):
        return self.free > time.monotonic()

    def end(self):
        """All that was fed is read, then Ctrl-C."""
        slave = os.open(self.path, os.O_RDONLY | os.O_NOCTTY)
        # Where nothing is there, the kernel first looks for what is still under way in the terminal itself.
        while select.select([slave], [], [], 0)[0]:
            left()
            time.sleep(0.01)
        os.close(slave)
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(left())
        os.close(self.master)
        self.raw.close()
        if code:
            raise Failed(f'rill pull ended with {code}')


class Board:
    def __init__(self, command):
        self.console, theirs = socket.socketpair()
        self.line, line = socket.socketpair()
        command = [a.replace('CONSOLE_FD', str(theirs.fileno())).replace('LINE_FD', str(line.fileno())) for a in command]
        self.log = open(f'{folder}/console', 'wb', buffering=0)
        with open(f'{folder}/qemu', 'wb') as said:
            self.process = subprocess.Popen(command, pass_fds=[theirs.fileno(), line.fileno()],
                                            stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        theirs.close()
        line.close()
        self.text, self.line_end, self.held = b'', False, b''
        # What comes from the console and from the line goes there too.
        self.console_to = self.line_to = None

    def take_line(self, data):
        """The mark is for this program: neither it nor what could be its beginning is passed on."""
        data = self.held + data
        at = data.find(MARK)
        if at >= 0:
            self.line_end, whole, self.held = True, data[:at], b''
        else:
            keep = next(n for n in range(min(len(MARK), len(data)), -1, -1) if data.endswith(MARK[:n]))
            whole, self.held = data[:len(data) - keep], data[len(data) - keep:]
        if self.line_to and whole:
            self.line_to.feed(whole)

    def take_console(self, data):
        self.log.write(data)
        self.text += data
        if self.console_to:
            self.console_to.feed(data)

    def step(self):
        """Whatever comes next, within a moment."""
        wanted = [self.console]
        if not (self.line_to and self.line_to.is_busy()):
            wanted.append(self.line)
        for source in select.select(wanted, [], [], 0.01 if len(wanted) == 1 else min(left(), 1))[0]:
            # A piece of a few ms, where the line has a pace.
            data = source.recv(128 if source is self.line else 4096)
            if not data:
                raise Failed('QEMU has ended')
            if source is self.line:
                self.take_line(data)
            else:
                self.take_console(data)
        left()

    def wait_for(self, text):
        while text not in self.text:
            self.step()
        before, self.text = self.text.split(text, 1)
        return before

    def wait_for_line(self):
        while not self.line_end:
            self.step()
        self.line_end = False

    def play(self, scene):
        faults = Faults(f'{seed} {name}') if scene == 'faulty' else None
        puller = None if scene == 'clock' else Puller(scene, faults, scene == 'faulty')
        if scene == 'console':
            self.console_to = puller
        else:
            self.line_to = puller
        start = time.monotonic()
        self.console.sendall(scene.encode() + b'\n')
        self.wait_for(f'board: {scene} ended with '.encode())
        code = self.wait_for(b'\n').strip().decode()
        self.wait_for_line()
        self.console_to = self.line_to = None
        if puller:
            puller.end()
        dropped, flipped = (faults.dropped, faults.flipped) if faults else (0, 0)
        with open(f'{folder}/scenes', 'a') as scenes:
            print(f'{scene} code={code} bytes={puller.bytes if puller else 0} dropped={dropped} flipped={flipped}', file=scenes)
        told = f', {puller.bytes} bytes' if puller else ''
        told += f', {dropped} dropped, {flipped} flipped (seed {seed})' if faults else ''
        say(f'{scene}: {time.monotonic() - start:.1f} s{told}')
        self.wait_for(b'board: ready')

    def pull_plug(self):
        """What QEMU has taken over for the board's disk is in FOLDER/disk then, and nothing else."""
        chance = random.Random(f'{seed} {name} power')
        self.console.sendall(b'power\n')
        self.wait_for(b'board: pull the plug')
        end = time.monotonic() + chance.uniform(0.5, 2)
        while time.monotonic() < end:
            self.step()
        self.process.kill()
        self.process.wait()
        with open(f'{folder}/scenes', 'a') as scenes:
            print('power code=0', file=scenes)
        say(f'power: pulled the plug (seed {seed})')

    def run(self):
        start = time.monotonic()
        say(f'booting, {limit_s} s for all of it')
        self.wait_for(b'board: ready')
        say(f'up after {time.monotonic() - start:.1f} s')
        for scene in scenes.split():
            if scene == 'power':
                self.pull_plug()
                return
            self.play(scene)
        self.console.sendall(b'off\n')
        try:
            while True:
                self.step()
        except (Failed, ConnectionResetError):
            code = self.process.wait(max(1, deadline - time.monotonic()))
        if code:
            raise Failed(f'QEMU ended with {code}')
        say(f'switched off after {time.monotonic() - start:.1f} s')


def stop(number, frame):
    raise Failed(f'ended by signal {number}')


def main():
    # Else QEMU would outlive a Ctrl-C.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    board = Board(sys.argv[7:])
    try:
        board.run()
    except (Failed, OSError, subprocess.TimeoutExpired) as failure:
        say(f'FAILED: {failure}; its console ends:')
        with open(f'{folder}/console', 'rb') as console:
            print(console.read()[-1500:].decode(errors='replace').replace('\r', ''), flush=True)
        return 1
    finally:
        board.process.kill()
        board.process.wait()
        for puller in (board.console_to, board.line_to):
            if puller:
                puller.process.kill()
    return 0


sys.exit(main())

package peertest_test

import (
	"bufio"
	"io"
	"math"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"coapscope/protocol/dissect"
	"coapscope/session/capture"
	"coapscope/session/peertest"
	"coapscope/session/trace"
)

// Full dissection of a capture file, from the file to the text of each field, goes at 20 times the rate of tshark -V or more.
// What is compared is processor time, which does not depend on what else the machine does: one core for each.
func TestRateAgainstTshark(t *testing.T) {
	if raced {
		t.Skip("the race detector takes its time on one side only")
	}
	const count, wanted = 100_000, 20
	empty, full := filepath.Join(t.TempDir(), "empty.pcapng"), filepath.Join(t.TempDir(), "full.pcapng")
	writeFrames(t, empty, nil)
	writeFrames(t, full, manyFrames(t, count))

	// The least of some runs, in turns, until it is enough: what else runs takes caches and clock rate away.
	const ever = time.Duration(math.MaxInt64)
	startUp, theirs, mine, fields := ever, ever, ever, 0
	ratio := 0.0
	for range 6 {
		took, _ := tsharkTime(t, empty)
		startUp = min(startUp, took)
		took, lines := tsharkTime(t, full)
		theirs = min(theirs, took)
		if lines < count*10 {
			t.Fatalf("tshark writes %d lines for %d messages", lines, count)
		}
		for range 3 {
			var messages int
			took, messages, fields = printTime(t, full)
			mine = min(mine, took)
			if messages != count || fields < count*10 {
				t.Fatalf("%d messages and %d fields were printed", messages, fields)
			}
		}
		if ratio = float64(theirs-startUp) / float64(mine); ratio >= wanted {
			break
		}
	}
	theirs -= startUp
	rate := func(d time.Duration) float64 { return count / d.Seconds() }
	t.Logf("%d messages: tshark -V %v (%.0f a second, %v of start left out), ours %v (%.0f a second, %d fields): %.0f times the rate",
		count, theirs, rate(theirs), startUp, mine, rate(mine), fields, ratio)
	if ratio < wanted {
		t.Errorf("only %.1f times the rate of tshark", ratio)
	}
}

// manyFrames repeats what the scenes over UDP hold, each time between other addresses, so that nothing is a retransmission.
func manyFrames(t *testing.T, count int) []trace.Frame {
	t.Helper()
	var from []trace.Frame
	for _, sc := range scenes {
		if sc.name == "libcoap UDP" || sc.name == "node-coap with itself" {
			from = append(from, sc.record(t).frames...)
		}
	}
	from = slices.DeleteFunc(from, func(f trace.Frame) bool { return f.Transport != trace.UDP })
	frames := make([]trace.Frame, count)
	at := time.Unix(1_700_000_000, 0)
	for i := range frames {
		f, round := from[i%len(from)], i/len(from)
		host := netip.AddrFrom4([4]byte{10, 0, byte(round >> 8), byte(round)})
		// The port of a server, by which tshark knows CoAP.
		if f.Source.Port() < f.Destination.Port() {
			f.Source, f.Destination = netip.AddrPortFrom(host, 5683), netip.AddrPortFrom(host.Next(), f.Destination.Port())
		} else {
			f.Source, f.Destination = netip.AddrPortFrom(host.Next(), f.Source.Port()), netip.AddrPortFrom(host, 5683)
		}
		f.Seq, f.Time = trace.Seq(i+1), at.Add(time.Duration(i)*time.Millisecond)
		frames[i] = f
	}
	return frames
}

func writeFrames(t *testing.T, path string, frames []trace.Frame) {
	t.Helper()
	file, err := os.Create(path)
	check(t, err)
	defer file.Close()
	w := bufio.NewWriter(file)
	check(t, capture.Write(w, func(yield func(*trace.Frame) bool) {
		for i := range frames {
			if !yield(&frames[i]) {
				return
			}
		}
	}))
	check(t, w.Flush())
}

// tsharkTime gives the processor time of tshark -V, and the lines that it writes.
func tsharkTime(t *testing.T, path string) (time.Duration, int) {
	t.Helper()
	command := exec.Command(peertest.Program(t, "tshark"), "-n", "-r", path, "-V")
	output, err := command.StdoutPipe()
	check(t, err)
	check(t, command.Start())
	lines := 0
	buffer := make([]byte, 1<<20)
	for {
		n, err := output.Read(buffer)
		for _, b := range buffer[:n] {
			if b == '\n' {
				lines++
			}
		}
		if err == io.EOF {
			break
		}
		check(t, err)
	}
	check(t, command.Wait())
	return command.ProcessState.UserTime() + command.ProcessState.SystemTime(), lines
}

// processTime is the processor time of this process until now.
func processTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	check(t, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// printTime gives the processor time of printFile on one core.
func printTime(t *testing.T, path string) (took time.Duration, messages, fields int) {
	t.Helper()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	runtime.GC()
	start := processTime(t)
	messages, fields = printFile(t, path)
	return processTime(t) - start, messages, fields
}

// printFile reads a capture file and writes name and value of every field of every message, and the findings, to nowhere.
func printFile(t *testing.T, path string) (messages, fields int) {
	t.Helper()
	file, err := os.Open(path)
	check(t, err)
	defer file.Close()
	const indent = "                    "
	var tree dissect.Tree
	var text []byte
	_, err = capture.Read(file, func(f trace.Frame) {
		messages++
		tree.DissectFraming(f.Transport.Framing(), f.Data)
		fields += len(tree.Fields)
		text = text[:0]
		for i := range tree.Fields {
			text = append(text, indent[:4*tree.Fields[i].Depth]...)
			text = append(tree.AppendName(text, i), ": "...)
			text = append(tree.AppendValue(text, i), '\n')
		}
		for i := range tree.Findings {
			text = append(append(text, tree.Findings[i].String()...), '\n')
		}
		if _, err := io.Discard.Write(text); err != nil {
			t.Error(err)
		}
	})
	check(t, err)
	return messages, fields
}

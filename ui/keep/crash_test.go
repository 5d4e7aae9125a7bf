package keep

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/ui/draft"
)

// crashFolder is the variable that makes the test binary the program that is killed; its value is the folder.
const crashFolder = "COAPSCOPE_CRASH_FOLDER"

func TestMain(m *testing.M) {
	if folder := os.Getenv(crashFolder); folder != "" {
		if err := editAndSend(folder); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	retrying = 100 * time.Millisecond
	os.Exit(m.Run())
}

const crashFiles = 7

// editAndSend does what a user does, quickly and without end, and says of each thing when it had done that.
func editAndSend(folder string) error {
	s, tabs := Open(PlacesIn(folder))
	n := 0
	if len(tabs.Tabs) > 0 {
		n = crashCount(tabs.Tabs[0].Draft)
	}
	said := bufio.NewWriter(os.Stdout)
	say := func(what string, n int) {
		fmt.Fprintf(said, "%s %d %d\n", what, n, time.Now().UnixNano())
		said.Flush()
	}
	sums := map[string]Sum{}
	for {
		n++
		d := draft.Draft{Method: protocol.PUT, Address: "coap://192.0.2.1/n", Payload: strconv.Itoa(n), Options: []draft.Option{{Number: protocol.Accept, Text: strings.Repeat("x", n%500)}}}
		tabs := Tabs{Current: n % 5}
		for range 5 {
			tabs.Tabs = append(tabs.Tabs, Tab{Draft: d})
		}
		s.SaveTabs(tabs)
		say("tabs", n)
		devices := fmt.Appendf(nil, "{%q:%d,\"end\":true}", "n", n)
		s.SaveDevices(func() ([]byte, error) { return devices, nil })
		say("devices", n)
		e := Entry{Draft: d, URI: fmt.Sprintf("coap://192.0.2.1/n/%d", n), Asked: time.Now()}
		e.ID = s.History.Add(e)
		say("sent", n)
		if n%3 != 0 {
			e.State, e.Message = Answered, protocol.Message{Code: protocol.Changed, Payload: []byte(strings.Repeat("y", n%3000))}
			s.History.Set(e)
			say("answered", n)
		}
		if n%5 == 0 {
			path, err := FileIn(filepath.Join(s.Root(), "set"), strconv.Itoa(n%crashFiles))
			if err != nil {
				return err
			}
			if _, there := sums[path]; !there {
				if _, sum, err := s.Collections.Read(path); err == nil {
					sums[path] = sum
				}
			}
			if sums[path], err = s.Collections.Save(path, &d, sums[path]); err != nil {
				return err
			}
			say("saved", n)
		}
		time.Sleep(time.Duration(n%4) * time.Millisecond) // a user, not a benchmark
	}
}

func crashCount(d draft.Draft) int {
	n, err := strconv.Atoi(d.Payload)
	if err != nil {
		return -1
	}
	return n
}

// slowestWrite replaces a file over and over, as the program does, until stop is closed. It gives how long that took at
// worst, with the time until its goroutine had its turn.
func slowestWrite(t *testing.T, stop <-chan struct{}) (slowest time.Duration) {
	path, page := filepath.Join(t.TempDir(), "page"), make([]byte, 4096)
	const pause = 5 * time.Millisecond // it is to measure the disk, not to load it
	for began := time.Now(); ; began = time.Now() {
		select {
		case <-stop:
			return slowest
		case <-time.After(pause):
		}
		if err := replaceFile(path, page, 0o600); err != nil {
			t.Error(err)
			return slowest
		}
		slowest = max(slowest, time.Since(began)-pause)
	}
}

// A program that is killed at any moment loses no more than what it was given in the second before, or while the disk took
// longer than that, and leaves nothing that cannot be read. COAPSCOPE_CRASHES says how often; a chain of runs works on in the same folder.
func TestKilledAtAnyMoment(t *testing.T) {
	runs := 24
	if text := os.Getenv("COAPSCOPE_CRASHES"); text != "" {
		var err error
		if runs, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	const chains = 4
	var mu sync.Mutex
	var lost time.Duration    // the longest time before a kill from which something is gone
	var opening time.Duration // the longest that it took until what is kept could be written
	events, gone := 0, 0
	stop, measured := make(chan struct{}), make(chan time.Duration)
	go func() { measured <- slowestWrite(t, stop) }()
	t.Run("chains", func(t *testing.T) {
		for chain := range chains {
			t.Run(strconv.Itoa(chain), func(t *testing.T) {
				t.Parallel()
				folder := t.TempDir()
				kept := crashState{sent: map[int]State{}, saved: map[int]int{}}
				for range runs / chains {
					l, o, n, g := kept.killOnce(t, folder)
					mu.Lock()
					lost, opening = max(lost, l), max(opening, o)
					events += n
					gone += g
					mu.Unlock()
				}
			})
		}
	})
	close(stop)
	slowest := <-measured
	t.Logf("%d runs killed: of %d things done, %d were gone; the oldest of them was done %v before the kill; a write took %v at worst, to open %v", runs, events, gone, lost.Round(time.Millisecond), slowest.Round(time.Millisecond), opening.Round(time.Millisecond))
	// What is under way waits for the two syncs of the commit before it, and for its own two; and nothing is written before all
	// is open, on a machine that may have much else to do.
	if lost > time.Second+4*slowest+2*opening {
		t.Errorf("something from %v before the kill is gone, though a write took %v at worst, and to open %v", lost, slowest, opening)
	}
}

// crashState is what has to be there.
type crashState struct {
	sent  map[int]State
	saved map[int]int // by file
	tabs  int
}

type crashEvent struct {
	what string
	n    int
	at   time.Time
}

// killOnce runs the program in the folder, kills it, and compares what is there with what has to be. It gives how long
// before the kill the oldest thing was done that is gone, how long it took to open what is there, how many things were done,
// and how many are gone.
func (k *crashState) killOnce(t *testing.T, folder string) (lost, opening time.Duration, done, gone int) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashFolder+"="+folder)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	events := make(chan []crashEvent)
	go func() {
		var all []crashEvent
		for lines := bufio.NewScanner(out); lines.Scan(); {
			var e crashEvent
			var at int64
			if n, _ := fmt.Sscanf(lines.Text(), "%s %d %d", &e.what, &e.n, &at); n == 3 {
				e.at = time.Unix(0, at)
				all = append(all, e)
			}
		}
		events <- all
	}()
	time.Sleep(time.Duration(rand.Int64N(int64(1600 * time.Millisecond))))
	killed := time.Now()
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	all := <-events
	_ = cmd.Wait()

	began := time.Now()
	s, tabs := Open(PlacesIn(folder))
	defer s.Close()
	s.Listen(func(tr Trouble) { t.Errorf("told %v", tr) }, func() {})
	for !s.History.Ready() {
		time.Sleep(time.Millisecond)
	}
	opening = time.Since(began)
	got := map[int]State{}
	for i := range s.History.Len() {
		r, _ := s.History.Row(i)
		e, err := s.History.Get(r.ID)
		n := crashCount(e.Draft)
		if err != nil || r.URI != fmt.Sprintf("coap://192.0.2.1/n/%d", n) || e.State != r.State {
			t.Fatalf("%+v: %+v, %v", r, e, err)
		}
		got[n] = e.State
	}
	now := 0
	for i, tab := range tabs.Tabs {
		n := crashCount(tab.Draft)
		if i > 0 && n != now || len(tabs.Tabs) != 5 || tabs.Current != n%5 {
			t.Fatalf("tabs are of different moments: %+v", tabs)
		}
		now = n
	}
	var devices struct {
		N   int  `json:"n"`
		End bool `json:"end"`
	}
	s.ReadDevices(func(data []byte) error {
		if err := json.Unmarshal(data, &devices); err != nil || !devices.End {
			t.Errorf("devices %q, %v", data, err)
		}
		return nil
	})
	files := map[int]int{}
	if tree := s.Collections.Tree(s.Root()); len(tree.Folders) > 0 {
		for _, f := range tree.Folders[0].Files {
			d, _, err := s.Collections.Read(f.Path)
			if err != nil {
				t.Fatal(err)
			}
			files[crashCount(d)%crashFiles] = crashCount(d)
		}
	}
	miss := func(e crashEvent) {
		gone++
		lost = max(lost, killed.Sub(e.at))
	}
	for n, state := range k.sent { // of earlier runs
		if got[n] != state {
			t.Fatalf("request %d of an earlier run is %v and not %v", n, got[n], state)
		}
	}
	for _, e := range all {
		switch state, there := got[e.n]; {
		case e.what == "tabs" && now < e.n, e.what == "devices" && devices.N < e.n, e.what == "sent" && !there, e.what == "answered" && state != Answered:
			miss(e)
		case e.what == "saved" && files[e.n%crashFiles] < e.n:
			t.Fatalf("file %d, which was saved, is gone", e.n)
		}
	}
	k.sent, k.saved, k.tabs = got, files, now
	return lost, opening, len(all), gone
}

package peertest_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"coapscope/protocol/dissect"
	"coapscope/session/capture"
	"coapscope/session/peertest"
	"coapscope/session/trace"
)

// scene is what real programs say to each other.
type scene struct {
	name string
	play func(s *stage)
	// holds is what must be among the messages, so that the scene says what its name does: codes as they are written,
	// and options as #number.
	holds string
}

var scenes = []scene{
	{"libcoap UDP", libcoapUDP, "GET PUT POST DELETE FETCH 2.01 2.02 2.04 2.05 4.04 4.05 2.31 0.00 #1 #4 #6 #7 #11 #12 #14 #15 #16 #17 #23 #27 #28 #60 #258 #292 #65000"},
	{"libcoap TCP", libcoapTCP, "GET PUT 2.01 2.05 7.01 7.02 7.03 #2 #4 #6 #11 #12"},
	{"libcoap WebSocket", libcoapWebSocket, "GET PUT 2.01 2.05 7.01 7.02 #2 #4 #6 #11 #12"},
	{"libcoap Q-Block", libcoapQBlock, "GET PUT 2.04 2.05 #19 #28 #31 #60 #292"},
	{"libcoap OSCORE", libcoapOSCORE, "POST 2.04 #9"},
	{"node-coap with itself", nodeWithItself, "GET PUT POST DELETE FETCH PATCH iPATCH 2.01 2.02 2.04 2.05 4.04 #4 #6 #11 #12 #14 #15 #17 #23"},
	{"libcoap client with node-coap", libcoapWithNode, "GET PUT POST DELETE 2.01 2.02 2.04 2.05 #4 #6 #11 #12 #14 #23"},
	{"node-coap client with libcoap", nodeWithLibcoap, "GET PUT 2.05 #11 #12"},
}

// body is longer than two blocks of 1024 bytes.
var body = strings.Repeat("0123456789abcdef", 150)

func libcoapUDP(s *stage) {
	s.libcoapServer()
	large := s.file("large", body)
	for _, typ := range []string{"", "-N "} {
		s.libcoap(typ, s.url("coap", "/time"))
		s.libcoap(typ+"-m put -e hello -t 0", s.url("coap", "/doc"))
		s.libcoap(typ+"-m get", s.url("coap", "/doc"))
		s.libcoap(typ+"-m put -e again", s.url("coap", "/doc"))
		s.libcoap(typ+"-m delete", s.url("coap", "/doc"))
		s.libcoap(typ+"-m get", s.url("coap", "/doc"))
		s.libcoap(typ+"-m delete", s.url("coap", "/example_data"))
		s.libcoap(typ+"-m post -e x", s.url("coap", "/async"))
		s.libcoap(typ+"-m fetch -e x -t 0", s.url("coap", "/time"))
	}
	s.libcoap("", s.url("coap", "/.well-known/core"))
	s.libcoap("", s.url("coap", "/async?1")) // separate response
	s.libcoap("-T cafe", s.url("coap", "/.well-known/core?rt=ticks"))
	s.libcoap("-m put -f "+large, s.url("coap", "/example_data"))
	s.libcoap("", s.url("coap", "/example_data"))
	s.libcoap("-b 256", s.url("coap", "/example_data"))
	s.libcoap("-m put -b 64 -f "+large, s.url("coap", "/example_data"))
	s.libcoap("-s 2", s.url("coap", "/time"))
	// Options that the server knows, and one that nobody does. With No-Response for 2.xx there would be nothing to wait for.
	s.libcoap("-A 0 -H 5 -O 65000,0x010203 -O 258,0x18 -O 4,abc -O 1,xyz", s.url("coap", "/time"))
}

func libcoapTCP(s *stage) {
	s.libcoapServer()
	s.libcoap("", s.url("coap+tcp", "/time"))
	s.libcoap("-m put -f "+s.file("large", body), s.url("coap+tcp", "/example_data"))
	s.libcoap("", s.url("coap+tcp", "/example_data"))
	s.libcoap("-X 1200", s.url("coap+tcp", "/example_data"))
	// It observes what does not change, so that it pings.
	s.libcoap("-s 3 -K 1", s.url("coap+tcp", "/example_data"))
}

func libcoapWebSocket(s *stage) {
	s.libcoapServer("-w", strconv.Itoa(int(s.webSocket)))
	s.libcoap("", s.url("coap+ws", "/time"))
	// More than some hundred bytes at once are too much for this server.
	s.libcoap("-m put -f "+s.file("some", body[:300]), s.url("coap+ws", "/example_data"))
	s.libcoap("", s.url("coap+ws", "/example_data"))
	s.libcoap("-s 3 -K 1", s.url("coap+ws", "/example_data"))
}

func libcoapQBlock(s *stage) {
	s.libcoapServer("-L", "5")
	large := s.file("large", body)
	s.libcoap("-L 5 -m put -f "+large, s.url("coap", "/example_data"))
	s.libcoap("-L 5", s.url("coap", "/example_data"))
	s.libcoap("-L 5 -N -b 256", s.url("coap", "/example_data"))
	s.libcoap("-L 5 -N -m put -b 256 -f "+large, s.url("coap", "/example_data"))
}

func libcoapOSCORE(s *stage) {
	const secret = `master_secret,hex,"0102030405060708090a0b0c0d0e0f10"` + "\n" + `master_salt,hex,"9e7ca92223786340"` + "\n"
	s.libcoapServer("-E", s.file("server", secret+`sender_id,hex,"01"`+"\n"+`recipient_id,hex,"02"`+"\n"))
	client := s.file("client", secret+`sender_id,hex,"02"`+"\n"+`recipient_id,hex,"01"`+"\n") + "," + filepath.Join(s.dir, "sequence")
	s.libcoap("-E "+client, s.url("coap", "/time"))
	s.libcoap("-E "+client+" -m put -e hello", s.url("coap", "/doc"))
	s.libcoap("-E "+client, s.url("coap", "/doc"))
	s.libcoap("-E "+client+" -s 2", s.url("coap", "/time"))
}

func nodeWithItself(s *stage) {
	s.nodeServer()
	s.run(peertest.Node(s, "client.js", strconv.Itoa(int(s.port)), "/large", "/ticks"))
}

func libcoapWithNode(s *stage) {
	s.nodeServer()
	s.libcoap(`-m put -e {"a":1} -t 50`, s.url("coap", "/doc"))
	s.libcoap("", s.url("coap", "/doc"))
	s.libcoap("-m post -e again", s.url("coap", "/doc"))
	s.libcoap("-N -m delete", s.url("coap", "/doc"))
	s.libcoap("-b 128", s.url("coap", "/large"))
	s.libcoap("-s 1", s.url("coap", "/ticks"))
}

func nodeWithLibcoap(s *stage) {
	s.libcoapServer()
	s.run(peertest.Node(s, "client.js", strconv.Itoa(int(s.port)), "/example_data", "/time"))
}

// recorded is a scene that was played: a capture file, and what this program reads in it.
type recorded struct {
	scene
	*stage
	path   string
	frames []trace.Frame
}

// plays has the scenes that were played, each once for all tests.
var plays = map[string]*recorded{}

// eachScene calls f with each scene in a subtest.
func eachScene(t *testing.T, f func(t *testing.T, r *recorded)) {
	for _, sc := range scenes {
		t.Run(sc.name, func(t *testing.T) {
			f(t, sc.record(t))
		})
	}
}

func (sc scene) record(t *testing.T) *recorded {
	t.Helper()
	if r := plays[sc.name]; r != nil {
		return r
	}
	r := &recorded{scene: sc, stage: newStage(t)}
	file := record(t, r.port, r.webSocket)
	t.Run("play", func(t *testing.T) {
		on := *r.stage
		on.T = t
		sc.play(&on)
	})
	written := file.end()
	if t.Failed() {
		t.FailNow()
	}
	r.path = filepath.Join(folder, sc.name+".pcap")
	check(t, os.WriteFile(r.path, written, 0o600))
	stats, err := capture.Choice{Ports: []uint16{r.port, r.webSocket}}.Read(bytes.NewReader(written), func(f trace.Frame) {
		f.Data = bytes.Clone(f.Data)
		f.Seq = trace.Seq(len(r.frames) + 1)
		r.frames = append(r.frames, f)
	})
	check(t, err)
	t.Logf("%s", stats)
	held := map[string]bool{}
	for _, f := range r.frames {
		tree := dissect.DissectFraming(f.Transport.Framing(), f.Data)
		held[tree.Code.Short()] = true
		for _, o := range tree.Options {
			held["#"+strconv.Itoa(int(o.Number))] = true
		}
	}
	missing := slices.DeleteFunc(strings.Fields(sc.holds), func(s string) bool { return held[s] })
	if len(missing) > 0 {
		t.Fatalf("%s: the %d frames hold no %s", r.path, len(r.frames), strings.Join(missing, " "))
	}
	plays[sc.name] = r
	return r
}

// folder has the capture files of all scenes.
var folder string

func TestMain(m *testing.M) {
	flag.Parse()
	// Those that run side by side wait for other programs and for retransmissions, more than they compute.
	if err := flag.Set("test.parallel", "16"); err != nil {
		panic(err)
	}
	os.Exit(func() int {
		var err error
		if folder, err = os.MkdirTemp("", "peertest"); err != nil {
			panic(err)
		}
		defer os.RemoveAll(folder)
		return m.Run()
	}())
}

// Read what real programs say to each other, and find in it what they say.
func TestScenes(t *testing.T) {
	eachScene(t, func(t *testing.T, r *recorded) {})
}

package peertest_test

import (
	"maps"
	"net"
	"net/netip"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/protocol/malform"
	"coapscope/session/peertest"
)

// deviation is what a peer does against the RFCs.
type deviation struct {
	does, why string
	con, non  string // presets, between blanks, that it does this upon in a CON, and in a NON
}

// malformedPeers are those that get every preset of package malform in a CON and in a NON. The test fails for each
// deviation that is not listed, and for each listed that does not occur.
var malformedPeers = []struct {
	name       string
	start      func(s *stage) netip.AddrPort
	path       string // of a resource
	deviations []deviation
}{
	{"lab plugtest", labDevice("plugtest"), "/test", nil},
	{"lab livingroom-node", labDevice("livingroom-node"), "/sensors/temp", nil},
	{"lab actuator", labDevice("actuator"), "/actuators/led", nil},
	{"lab store", labDevice("store"), "/upload", nil},
	{"lab difficult", labDevice("difficult"), "/obs/steady", nil},
	{"libcoap 4.3.4", func(s *stage) netip.AddrPort {
		s.libcoapServer()
		return s.addr()
	}, "/example_data", libcoapNewDeviations},
	{"libcoap 4.3.1", func(s *stage) netip.AddrPort {
		s.serve(exec.Command(peertest.System(s, "coap-server"), "-d", "10"))
		return s.addr()
	}, "/example_data", libcoapOldDeviations},
	{"go-coap", func(s *stage) netip.AddrPort { return startGoServer(s.T) }, "/example_data", goCoAPDeviations},
	{"node-coap", func(s *stage) netip.AddrPort {
		s.nodeServer()
		return s.addr()
	}, "/doc", nodeCoAPDeviations},
}

func labDevice(name string) func(s *stage) netip.AddrPort {
	return func(s *stage) netip.AddrPort { return deviceAddr(s, startLab(s), name) }
}

// Every malformation is sent to every peer, and what that does is held against the RFCs.
func TestMalformedMessages(t *testing.T) {
	t.Parallel()
	for _, peer := range malformedPeers {
		t.Run(peer.name, func(t *testing.T) {
			t.Parallel()
			m := &malformer{stage: newStage(t), path: peer.path, listed: map[string]string{}}
			for _, d := range peer.deviations {
				for _, id := range strings.Fields(d.con) {
					m.listed["CON "+id] = d.does
				}
				for _, id := range strings.Fields(d.non) {
					m.listed["NON "+id] = d.does
				}
			}
			m.to = peer.start(m.stage)
			m.react(m.message(protocol.PUT, protocol.Confirmable)) // the resource may not be there yet; where it takes none, that is well
			for _, typ := range []protocol.Type{protocol.Confirmable, protocol.NonConfirmable} {
				for _, p := range malform.Presets() {
					m.try(typ, p)
				}
			}
			for _, name := range slices.Sorted(maps.Keys(m.listed)) {
				t.Errorf("%s is listed, and does not occur: take it out", name)
			}
		})
	}
}

// malformer sends malformed messages to a peer.
type malformer struct {
	*stage
	to     netip.AddrPort
	path   string
	id     protocol.MessageID // the last one, in the token too: ports come again, and a peer must not take a message for an old one
	listed map[string]string  // what it does against the RFCs, by type and preset, as far as it did not occur yet
}

// message is a request that nothing is wrong with.
func (m *malformer) message(method protocol.Code, typ protocol.Type) []byte {
	m.Helper()
	m.id++
	r := message(method, m.path)
	r.Type, r.MessageID, r.Token = typ, m.id, protocol.TokenOf([]byte{0xca, byte(m.id >> 8), byte(m.id)})
	if method == protocol.PUT {
		r.Payload = []byte("1")
	}
	b, err := r.Append(nil)
	check(m.T, err)
	return b
}

// try sends a preset and judges what comes of it.
func (m *malformer) try(typ protocol.Type, p malform.Preset) {
	m.Helper()
	b, err := p.Apply(m.message(protocol.GET, typ))
	check(m.T, err)
	e := malform.Expect(b, false)
	came := m.react(b)
	does := "Silence"
	for i, r := range came {
		if does += ", then " + r.String(); i == 0 {
			does = r.String()
		}
	}
	j := malform.Judge(&e, came, true)
	name := typ.String() + " " + p.ID
	want, listed := m.listed[name]
	delete(m.listed, name)
	switch {
	case !listed && j.Verdict != malform.Right:
		m.Errorf("%s: %s (%s)", name, j.Text, j.Clause)
	case listed && (want != does || j.Verdict != malform.Wrong):
		m.Errorf("%s: %s, and %s is listed. %s (%s)", name, does, want, j.Text, j.Clause)
	}
}

// react sends a message, and gives what comes before the answer to a request that is sent behind it: the peer has seen to
// both then.
func (m *malformer) react(b []byte) (came []malform.Reaction) {
	m.Helper()
	conn, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(m.to))
	check(m.T, err)
	defer conn.Close()
	m.id++
	behind := message(protocol.GET, m.path)
	behind.MessageID, behind.Token = m.id, protocol.TokenOf([]byte{0xbe, byte(m.id >> 8), byte(m.id)})
	request, err := behind.Append(nil)
	check(m.T, err)
	for _, data := range [][]byte{b, request} {
		_, err = conn.Write(data)
		check(m.T, err)
	}
	check(m.T, conn.SetReadDeadline(time.Now().Add(patience)))
	for data := make([]byte, 1<<16); ; {
		n, err := conn.Read(data)
		if err != nil {
			m.Fatalf("after %x nothing answers any more: %v", b, err)
		}
		if r, err := protocol.Parse(data[:n]); err == nil && r.Token == behind.Token {
			return came
		}
		came = append(came, malform.Read(b, data[:n], uint64(len(came)+1)))
	}
}

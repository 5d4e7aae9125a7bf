package peertest_test

import (
	"cmp"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"

	"coapscope/session/peertest"
)

// peer is a column of the table: a program of others, and the side that it takes.
type peer struct {
	name string
	// open sets the stage: the engine and a server of the peer, or the lab and a client of the peer.
	open func(p *play)
	// program is libcoap's client, where that is the peer.
	program func(t testing.TB, name string) string
	// is tells peers apart in features.
	is peerKind
}

type peerKind uint8

const (
	libcoapOld    peerKind = iota // 4.3.1
	libcoapNew                    // 4.3.4
	nodeCoAP                      // 1.5.0
	goCoAP                        // 3.5
	libcoapClient                 // 4.3.1
	libcoapNewClient
	nodeClient
	goCoAPClient
	peerKinds
)

// peers are the columns, in the order of peerKind.
var peers = [peerKinds]peer{
	{"libcoap 4.3.1", libcoapPeer(peertest.System), nil, libcoapOld},
	{"libcoap 4.3.4", libcoapPeer(peertest.Program), nil, libcoapNew},
	{"node-coap 1.5.0", func(p *play) { p.nodeServer(); p.withEngine() }, nil, nodeCoAP},
	{"go-coap 3.5", func(p *play) { p.withEngine(); p.device = startGoServer(p.T); p.server = p.device }, nil, goCoAP},
	{"libcoap 4.3.1", clientPeer, peertest.System, libcoapClient},
	{"libcoap 4.3.4", clientPeer, peertest.Program, libcoapNewClient},
	{"node-coap 1.5.0", clientPeer, nil, nodeClient},
	{"go-coap 3.5", clientPeer, nil, goCoAPClient},
}

// isServer tells whether the engine is the client.
func (k peerKind) isServer() bool { return k <= goCoAP }

func libcoapPeer(program func(t testing.TB, name string) string) func(p *play) {
	return func(p *play) {
		p.serve(exec.Command(program(p, "coap-server"), "-d", "10", "-L", "7"))
		p.withEngine()
	}
}

// clientPeer has the lab as the server, behind a relay that records.
func clientPeer(p *play) {
	p.lab = startLab(p)
	p.at("plugtest")
}

// at makes a device of the lab the server, behind a relay that records.
func (p *play) at(device string) {
	p.device = deviceAddr(p, p.lab, device)
	p.through(perfect)
	p.began = 0
}

// withEngine has the engine ask the stage's server.
func (p *play) withEngine() {
	p.engine = openEngine(p)
	p.device, p.server = p.addr(), p.addr()
}

// feature is a row of the table.
type feature struct {
	name string
	// with has what is done with a peer, or why that is not possible.
	with map[peerKind]cell
}

// forAll is the same cell for several peers.
func forAll(c cell, kinds ...peerKind) map[peerKind]cell {
	all := map[peerKind]cell{}
	for _, k := range kinds {
		all[k] = c
	}
	return all
}

// or gives the peers that have no cell yet another.
func or(some map[peerKind]cell, more ...map[peerKind]cell) map[peerKind]cell {
	for _, m := range more {
		for k, c := range m {
			if _, there := some[k]; !there {
				some[k] = c
			}
		}
	}
	return some
}

// Every feature that a peer has works with it, in both directions.
func TestInterop(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	verdicts := map[string]string{}
	features := slicesOf(serverFeatures, clientFeatures)
	t.Run("features", func(t *testing.T) {
		for _, f := range features {
			for kind, c := range f.with {
				key := f.name + strconv.Itoa(int(kind))
				if c.play == nil {
					mu.Lock()
					verdicts[key] = c.not
					mu.Unlock()
					continue
				}
				side := "server"
				if !kind.isServer() {
					side = "client"
				}
				t.Run(fmt.Sprintf("%s/%s %s", f.name, peers[kind].name, side), func(t *testing.T) {
					t.Parallel()
					p := &play{stage: newStage(t), since: 1, peer: peers[kind]}
					peers[kind].open(p)
					c.play(p)
					if !t.Failed() && !t.Skipped() {
						mu.Lock()
						defer mu.Unlock()
						verdicts[key] = cmp.Or(c.not, "yes")
					}
				})
			}
		}
	})
	if t.Failed() {
		return
	}
	cells := 0
	for _, side := range []struct {
		marker      string
		features    []feature
		first, last peerKind
	}{{"servers", serverFeatures, libcoapOld, goCoAP}, {"clients", clientFeatures, libcoapClient, goCoAPClient}} {
		var page strings.Builder
		page.WriteString("| feature |")
		for _, p := range peers[side.first : side.last+1] {
			fmt.Fprintf(&page, " %s |", p.name)
		}
		page.WriteString("\n|---" + strings.Repeat("|---", int(side.last-side.first)+1) + "|\n")
		for _, f := range side.features {
			fmt.Fprintf(&page, "| %s |", f.name)
			for kind := side.first; kind <= side.last; kind++ {
				verdict := "–"
				if _, there := f.with[kind]; there {
					cells++
					verdict = cmp.Or(verdicts[f.name+strconv.Itoa(int(kind))], "?")
				}
				fmt.Fprintf(&page, " %s |", verdict)
			}
			page.WriteString("\n")
		}
		if len(verdicts) >= cells && !strings.Contains(page.String(), "?") { // else some were not asked for, or are skipped
			holdTable(t, "interop.md", side.marker, page.String())
		}
	}
}

package peertest_test

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/session"
	"coapscope/session/capability"
	"coapscope/session/peertest"
)

// capabilityOf gives a card as lines: verdict and text, without what is measured in time.
func capabilityOf(t *testing.T, engine *session.Engine, to capability.Target) map[capability.Feature]string {
	t.Helper()
	card, err := capability.Probe(t.Context(), engine, to, capability.Card{}, func(int, capability.Card) {})
	check(t, err)
	lines := make(map[capability.Feature]string)
	for _, f := range card.Findings() {
		text := f.Feature.Word(f.Verdict) + ": " + f.Text
		if f.Feature == capability.RoundTrip {
			text, _, _ = strings.Cut(text, ";")
			text = strings.TrimRight(text, "0123456789.msµ ")
		}
		if f.Feature == capability.Observing {
			text, _, _ = strings.Cut(text, ",") // it begins with any number
		}
		lines[f.Feature] = text
		// The frames that a finding names are those of this device.
		for _, s := range f.Frames {
			if at := engine.Log().At(s); at == nil || at.Source != to.Endpoint && at.Destination != to.Endpoint {
				t.Errorf("%v: frame %d is %+v", f.Feature, s, at)
			}
		}
	}
	return lines
}

// What is found out of programs whose abilities are known, where it is not a fault of theirs that is.
func TestCapabilities(t *testing.T) {
	t.Parallel()
	const unused = "not known: not safe to try, and not used yet"
	common := map[capability.Feature]string{
		capability.RoundTrip: "measured: 1 ping:", capability.Get: "supports: /example_data answers 2.05",
		capability.Post: unused, capability.Put: unused, capability.Patch: unused, capability.IPatch: unused, capability.Delete: unused,
		capability.Uploads:         "not known: takes a request with a large body, which changes something; none was seen yet",
		capability.Blocks:          "supports: blocks of 1024 bytes, and of 16 where those are asked for",
		capability.LongTokens:      "does not: a token of 9 bytes is rejected with a Reset, as for want of RFC 8974",
		capability.LargestRequest:  "measured: 1452 bytes were taken; more was not tried",
		capability.UnknownCritical: "as it must: 4.02 to option 65001",
		capability.UnknownElective: "as it must: option 65020 was ignored",
		capability.Proxying:        "does not: 5.05: it is no forward proxy",
	}
	for _, tt := range []struct {
		name   string
		open   func(p *play)
		target capability.Target
		size   int // of /example_data
		want   map[capability.Feature]string
	}{
		{"libcoap 4.3.1", peers[libcoapOld].open, capability.Target{Resource: "/example_data", Observable: "/time"}, 3000, map[capability.Feature]string{
			capability.Fetch:           "does not: /example_data answers 4.05; another resource may take it",
			capability.QBlocks:         "does not: 4.02 to the option",
			capability.Sizes:           "supports: /example_data says that it has 3000 bytes",
			capability.Tags:            "supports: /example_data has one, but is sent anew instead of 2.03",
			capability.Observing:       "supports: /time is observed",
			capability.Echoes:          "not known: in none of 11 answers; a device shows it only when it wants one",
			capability.LargestRequest:  "measured: 1152 bytes were taken; to 1452 bytes: no answer",
			capability.LargestResponse: "measured: 1042 bytes came in one message",
		}},
		{"libcoap 4.3.4", peers[libcoapNew].open, capability.Target{Resource: "/example_data", Observable: "/time"}, 3000, map[capability.Feature]string{
			capability.Fetch:           "supports: /example_data answers 2.05",
			capability.QBlocks:         "supports: /example_data does it",
			capability.Sizes:           "supports: /example_data says that it has 3000 bytes",
			capability.Tags:            "supports: /example_data has one, but is sent anew instead of 2.03",
			capability.Observing:       "supports: /time is observed",
			capability.Echoes:          "not known: in none of 11 answers; a device shows it only when it wants one",
			capability.LargestRequest:  "measured: 1152 bytes were taken; to 1452 bytes: no answer",
			capability.LargestResponse: "measured: 1043 bytes came in one message",
		}},
		{"libcoap 4.3.4 with long tokens", longTokens, capability.Target{Resource: "/example_data", Observable: "/time"}, 3000, map[capability.Feature]string{
			capability.Fetch:           "supports: /example_data answers 2.05",
			capability.QBlocks:         "supports: /example_data does it",
			capability.Sizes:           "supports: /example_data says that it has 3000 bytes",
			capability.Tags:            "supports: /example_data has one, but is sent anew instead of 2.03",
			capability.Observing:       "supports: /time is observed",
			capability.Echoes:          "not known: in none of 12 answers; a device shows it only when it wants one",
			capability.LargestRequest:  "measured: 1152 bytes were taken; to 1452 bytes: no answer",
			capability.LongTokens:      "supports: 9 bytes came back",
			capability.LargestResponse: "measured: 1048 bytes came in one message",
		}},
		{"node-coap", peers[nodeCoAP].open, capability.Target{Resource: "/large", Observable: "/ticks"}, 0, map[capability.Feature]string{
			capability.RoundTrip:       "breaks the rule: no answer to a ping, which has to be a Reset",
			capability.Get:             "supports: /large answers 2.05",
			capability.Fetch:           "supports: /large answers 2.05",
			capability.QBlocks:         "breaks the rule: /large neither heeds the option nor refuses it, though it is critical",
			capability.Sizes:           "supports: /large says that it has 3200 bytes",
			capability.Tags:            "supports: /large has one, but is sent anew instead of 2.03",
			capability.Observing:       "supports: /ticks is observed",
			capability.Echoes:          "not known: in none of 14 answers; a device shows it only when it wants one",
			capability.LongTokens:      "supports: 9 bytes came back",
			capability.LargestResponse: "measured: 1045 bytes came in one message",
			capability.UnknownCritical: "breaks the rule: option 65001 was ignored: 2.05, where 4.02 has to be",
			capability.Proxying:        "not known: 4.04 tells neither",
		}},
		{"go-coap", peers[goCoAP].open, capability.Target{Resource: "/example_data"}, 900, map[capability.Feature]string{
			capability.RoundTrip:       "breaks the rule: 1 ping:",
			capability.Fetch:           "supports: /example_data answers 2.05",
			capability.Blocks:          "supports: blocks of 16 bytes",
			capability.QBlocks:         "breaks the rule: /example_data neither heeds the option nor refuses it, though it is critical",
			capability.Sizes:           "supports: /example_data says that it has 900 bytes",
			capability.Tags:            "not known: /example_data has none; another resource may have one",
			capability.Observing:       "supports: /example_data is observed",
			capability.Echoes:          "not known: in none of 12 answers; a device shows it only when it wants one",
			capability.LongTokens:      "does not: no answer to a token of 9 bytes",
			capability.LargestResponse: "measured: 913 bytes came in one message",
			capability.UnknownCritical: "breaks the rule: option 65001 was ignored: 2.05, where 4.02 has to be",
			capability.Proxying:        "not known: 4.04 tells neither",
		}},
		{"store of the lab", askLab("store"), capability.Target{Resource: "/blobs/100k", Observable: "/settings"}, 0, map[capability.Feature]string{
			capability.Get:             "supports: /blobs/100k answers 2.05",
			capability.Fetch:           "does not: /blobs/100k answers 4.05; another resource may take it",
			capability.QBlocks:         "supports: /blobs/100k does it",
			capability.Sizes:           "supports: /blobs/100k says that it has 100000 bytes",
			capability.Tags:            "supports: /blobs/100k has one, and 2.03 says that it is still valid",
			capability.Observing:       "supports: /settings is observed",
			capability.Echoes:          "not known: in none of 14 answers; a device shows it only when it wants one",
			capability.LongTokens:      "supports: 9 bytes came back",
			capability.LargestResponse: "measured: 1054 bytes came in one message",
			capability.Proxying:        "supports: 5.02: it tried to go on to the host",
		}},
		{"sensor of the lab", askLab("livingroom-node"), capability.Target{Resource: "/sensors/log", Observable: "/sensors/temp"}, 0, map[capability.Feature]string{
			capability.Get:             "supports: /sensors/log answers 2.05",
			capability.Fetch:           "does not: /sensors/log answers 4.05; another resource may take it",
			capability.QBlocks:         "does not: 4.02 to the option",
			capability.Sizes:           "supports: /sensors/log says that it has 49152 bytes",
			capability.Tags:            "supports: /sensors/log has one, and 2.03 says that it is still valid",
			capability.Observing:       "supports: /sensors/temp is observed",
			capability.Echoes:          "not known: in none of 13 answers; a device shows it only when it wants one",
			capability.LargestResponse: "measured: 1046 bytes came in one message",
		}},
		{"difficult device of the lab", askLab("difficult"), capability.Target{Resource: "/echo/preemptive", Observable: "/obs/steady"}, 0, map[capability.Feature]string{
			capability.Get:             "supports: /echo/preemptive answers 2.05",
			capability.Fetch:           "does not: /echo/preemptive answers 4.05; another resource may take it",
			capability.Blocks:          "supports: blocks of 16 bytes",
			capability.QBlocks:         "supports: /echo/preemptive does it",
			capability.Sizes:           "supports: /echo/preemptive says that it has 25 bytes",
			capability.Tags:            "supports: /echo/preemptive has one, but is sent anew instead of 2.03",
			capability.Observing:       "supports: /obs/steady is observed",
			capability.Echoes:          "supports: it comes with the 2.05 of /echo/preemptive",
			capability.LongTokens:      "supports: 9 bytes came back",
			capability.LargestResponse: "measured: 50 bytes came in one message",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := &play{stage: newStage(t), since: 1}
			tt.open(p)
			if tt.target.Resource == "/example_data" {
				p.putData(blob(1, tt.size))
			}
			tt.target.Endpoint = p.server
			quick := protocol.DefaultTransmission()
			quick.AckTimeout, quick.MaxRetransmit = time.Second, 1
			tt.target.Transmission = &quick
			got := capabilityOf(t, p.engine, tt.target)
			for f, text := range got {
				want := tt.want[f]
				if want == "" {
					want = common[f]
				}
				if text != want {
					t.Errorf("%v: %q, want %q", f, text, want)
				}
			}
		})
	}
}

// askLab has the engine ask a device of the lab.
func askLab(name string) func(p *play) {
	return func(p *play) {
		p.lab = startLab(p)
		p.engine = openEngine(p)
		p.device = deviceAddr(p, p.lab, name)
		p.server = p.device
	}
}

// longTokens has the engine ask libcoap's server, which knows them where it is told to.
func longTokens(p *play) {
	p.serve(exec.Command(peertest.Program(p, "coap-server"), "-d", "10", "-L", "7", "-T", "100"))
	p.withEngine()
}

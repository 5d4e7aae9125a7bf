package peertest_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/session"
	"coapscope/session/lab"
	"coapscope/session/peertest"
	"coapscope/session/trace"
)

var update = flag.Bool("update", false, "write the tables into docs/conformance.md and docs/interop.md")

// pairing is who plays a plugtest case: a client and a server.
type pairing uint8

const (
	engineWithLab pairing = iota
	engineWithLibcoap
	libcoapWithLab
	nodeWithLab
	pairings
)

func (p pairing) String() string {
	return [...]string{"engine, lab", "engine, libcoap's server", "libcoap's client, lab", "node-coap's client, lab"}[p]
}

// plugtest is a case of the ETSI CoAP plugtests, for each pairing: how it is played, or why it cannot be.
type plugtest struct {
	id, title string
	by        [pairings]cell
}

// cell is a way to play a case, or the reason why there is none.
type cell struct {
	play func(p *play)
	not  string
}

func played(f func(p *play)) cell { return cell{play: f} }

func not(reason string) cell { return cell{not: reason} }

// The ETSI plugtest cases hold, by the messages on the wire.
func TestPlugtestCases(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	verdicts := map[string]string{}
	cases := slicesOf(coreCases, linkCases, blockCases, observeCases)
	t.Run("cases", func(t *testing.T) {
		for _, c := range cases {
			for by, how := range c.by {
				key := c.id + pairing(by).String()
				if how.play == nil {
					verdicts[key] = "not applicable: " + how.not
					continue
				}
				t.Run(c.id+"/"+pairing(by).String(), func(t *testing.T) {
					t.Parallel()
					how.play(newPlay(t, pairing(by)))
					if !t.Failed() && !t.Skipped() {
						mu.Lock()
						defer mu.Unlock()
						verdicts[key] = "passed"
					}
				})
			}
		}
	})
	var page strings.Builder
	page.WriteString("| case | what |")
	for by := range pairings {
		fmt.Fprintf(&page, " %v |", by)
	}
	page.WriteString("\n|---|---" + strings.Repeat("|---", int(pairings)) + "|\n")
	for _, c := range cases {
		fmt.Fprintf(&page, "| %s | %s |", c.id, c.title)
		for by := range pairings {
			fmt.Fprintf(&page, " %s |", cmp.Or(verdicts[c.id+by.String()], "failed"))
		}
		page.WriteString("\n")
	}
	if !t.Failed() && len(verdicts) == len(cases)*int(pairings) { // else some were not asked for, or are skipped
		holdTable(t, "conformance.md", "plugtest", page.String())
	}
}

func slicesOf[T any](all ...[]T) (one []T) {
	for _, s := range all {
		one = append(one, s...)
	}
	return one
}

// holdTable compares a table of a page in docs with what a test found, or writes it there.
func holdTable(t *testing.T, file, marker, table string) {
	t.Helper()
	path := "../../docs/" + file
	page, err := os.ReadFile(path)
	check(t, err)
	begin, end := "<!-- table: "+marker+" -->\n", "<!-- end -->\n"
	before, rest, found := strings.Cut(string(page), begin)
	written, after, ended := strings.Cut(rest, end)
	switch {
	case !found || !ended:
		t.Fatalf("%s has no %q with an end", file, begin)
	case written == table:
	case *update:
		check(t, os.WriteFile(path, []byte(before+begin+table+end+after), 0o644))
	default:
		t.Errorf("%s is not what was found; run go test ./session/peertest -update. Found:\n%s", file, table)
	}
}

// play is a case that is played: a client, a server, and what they said.
type play struct {
	*stage
	by     pairing
	lab    *lab.Lab
	server netip.AddrPort // what the client is given
	device netip.AddrPort // where the server is
	engine *session.Engine
	flow   *flow   // of foreign clients, and where asked for
	flows  []*flow // all there were since through, for messages
	since  trace.Seq
	peer   peer
	began  int // messages of the flow that are past
}

func newPlay(t *testing.T, by pairing) *play {
	p := &play{stage: newStage(t), by: by, since: 1}
	if by == engineWithLibcoap {
		p.serve(exec.Command(peertest.System(t, "coap-server"), "-d", "10"))
		p.device = p.addr()
	} else {
		p.lab = startLab(t)
		p.device = deviceAddr(t, p.lab, "plugtest")
	}
	p.server = p.device
	if by == engineWithLab || by == engineWithLibcoap {
		p.engine = openEngine(t)
	} else {
		p.through(perfect)
	}
	return p
}

// through puts a network between client and server.
func (p *play) through(n network) {
	p.flow = newFlow(p, n, 0, p.device, true)
	p.flows = []*flow{p.flow}
	p.server = p.flow.addr
}

// fresh gives a client an endpoint of its own in the eyes of the server: message IDs of one that was there before may be the same.
func (p *play) fresh() {
	if p.flow != nil && len(p.flow.recorded()) > 0 {
		p.flow = newFlow(p, p.flow.network, 0, p.device, true)
		p.flows = append(p.flows, p.flow)
		p.server = p.flow.addr
	}
}

// messages gives what was said since the last forget.
func (p *play) messages() []spoken {
	p.Helper()
	if p.engine != nil {
		all, err := inLog(p.engine.Log(), p.since)
		check(p.T, err)
		return all
	}
	return p.recorded()[p.began:]
}

// wire holds what was said against a script.
func (p *play) wire(script string) {
	p.Helper()
	if err := matchScript(p.messages(), script); err != nil {
		p.Fatal(err)
	}
}

// recorded gives what all flows have seen.
func (p *play) recorded() (all []spoken) {
	p.Helper()
	for _, f := range p.flows {
		some, err := inFlow(f)
		check(p.T, err)
		all = append(all, some...)
	}
	return all
}

// await waits until what was said is a script.
func (p *play) await(script string) {
	p.Helper()
	end := time.Now().Add(patience)
	for {
		err := matchScript(p.messages(), script)
		if err == nil {
			return
		}
		if time.Now().After(end) {
			p.Fatal(err)
		}
		<-time.After(5 * time.Millisecond)
	}
}

// forget lets the next script begin here.
func (p *play) forget() {
	if p.engine != nil {
		p.since = trace.Seq(p.engine.Log().Len() + 1)
		return
	}
	p.began = len(p.recorded())
}

// change changes a request.
type change func(m *protocol.Message)

func non(m *protocol.Message) { m.Type = protocol.NonConfirmable }

// with adds an option: a string, bytes, or a number.
func with(number protocol.OptionNumber, v any) change {
	return func(m *protocol.Message) {
		switch v := v.(type) {
		case string:
			m.Options = m.Options.Add(number, []byte(v))
		case []byte:
			m.Options = m.Options.Add(number, v)
		case int:
			m.Options = m.Options.AddUint(number, uint64(v))
		}
	}
}

func payload(s string) change {
	return func(m *protocol.Message) {
		m.Payload = []byte(s)
		m.Options = m.Options.AddUint(protocol.ContentFormatOption, 0)
	}
}

// ask makes a request with the engine, whose answer has the code.
func (p *play) ask(method protocol.Code, path string, want protocol.Code, changes ...change) *session.Response {
	p.Helper()
	return p.askFor(session.Request{}, method, path, want, changes...)
}

func (p *play) askFor(r session.Request, method protocol.Code, path string, want protocol.Code, changes ...change) *session.Response {
	p.Helper()
	r.To, r.Message = p.server, message(method, path)
	for _, c := range changes {
		c(&r.Message)
	}
	ctx, cancel := context.WithTimeout(p.Context(), patience)
	defer cancel()
	response, err := p.engine.Do(ctx, r)
	if err != nil {
		p.Fatalf("%v %s: %v", method, path, err)
	}
	if response.Message.Code != want {
		p.Fatalf("%v %s: got %v %q, want %v", method, path, response.Message.Code, response.Message.Payload, want)
	}
	return response
}

// coap runs libcoap's client to its end and gives the body it got.
func (p *play) coap(args, path string) []byte {
	p.Helper()
	return p.coapBy(peertest.System(p, "coap-client"), args, path)
}

func (p *play) coapBy(program, args, path string) []byte {
	p.Helper()
	p.fresh()
	file := p.file("body", "")
	p.run(exec.Command(program, append(append([]string{"-v", "0", "-B", "25", "-o", file}, strings.Fields(args)...), fmt.Sprintf("coap://%v%s", p.server, path))...))
	got, err := os.ReadFile(file)
	check(p.T, err)
	return got
}

// step is a request of node-coap's client, in the words of testdata/node/ask.js.
type step map[string]any

// nodeAnswer is what testdata/node/ask.js writes of an answer.
type nodeAnswer struct {
	Code     string
	Payloads [][]byte
}

// node makes requests with node-coap.
func (p *play) node(steps ...step) []nodeAnswer {
	p.Helper()
	p.fresh()
	text, err := json.Marshal(steps)
	check(p.T, err)
	command := peertest.Node(p, "ask.js", strconv.Itoa(int(p.server.Port())), string(text))
	ctx, cancel := context.WithTimeout(p.Context(), patience)
	defer cancel()
	bound := exec.CommandContext(ctx, command.Path, command.Args[1:]...)
	var failure bytes.Buffer
	bound.Env, bound.Stderr = command.Env, &failure
	output, err := bound.Output()
	if err != nil {
		p.Fatalf("node-coap: %v\n%s%s", err, output, &failure)
	}
	var answers []nodeAnswer
	for line := range strings.Lines(string(output)) {
		var a struct {
			Code     string
			Payloads []string
		}
		check(p.T, json.Unmarshal([]byte(line), &a))
		answer := nodeAnswer{Code: a.Code}
		for _, s := range a.Payloads {
			b, err := base64.StdEncoding.DecodeString(s)
			check(p.T, err)
			answer.Payloads = append(answer.Payloads, b)
		}
		answers = append(answers, answer)
	}
	return answers
}

// askEmptyToken makes a GET with an empty token.
func (p *play) askEmptyToken(path string) {
	p.Helper()
	p.askFor(session.Request{FixedToken: true}, protocol.GET, path, protocol.Content)
}

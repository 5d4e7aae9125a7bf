package peertest_test

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"time"

	"coapscope/protocol"
	"coapscope/session"
	"coapscope/session/lab"
	"coapscope/session/peertest"
)

// registration is the script of what begins an observation.
const registration = `> CON GET mid=$a token=$t Observe=0 !payload
	< ACK 2.05 mid=$a token=$t Observe=$o payload
	`

// watch begins to observe, by whichever client plays, and comes back when that is registered.
func (p *play) watch(path string) *session.Observation {
	p.Helper()
	var o *session.Observation
	switch p.by {
	case libcoapWithLab:
		p.start(exec.Command(peertest.System(p, "coap-client"), "-s", "60", fmt.Sprintf("coap://%v%s", p.server, path)))
	case nodeWithLab:
		p.start(peertest.Node(p, "ask.js", strconv.Itoa(int(p.server.Port())), fmt.Sprintf(`[{"pathname":%q,"observe":true,"notifications":100}]`, path)))
	default:
		var err error
		o, err = p.engine.Observe(session.Request{To: p.server, Message: message(protocol.GET, path)}, func(session.ObservationEvent) {})
		check(p.T, err)
	}
	p.await(registration + "...")
	return o
}

// other gives a second client, whose requests go straight to the device.
func (p *play) other() *play {
	return &play{stage: p.stage, lab: p.lab, engine: openEngine(p), server: p.device}
}

// observable is what is observed: in the lab, and on libcoap's server, where it has to be made first.
func (p *play) observable() string {
	p.Helper()
	if p.lab != nil {
		return "/obs"
	}
	p.other().ask(protocol.PUT, "/doc", protocol.Created, octets("first"))
	return "/doc"
}

// poke changes what is observed.
func (p *play) poke() {
	p.Helper()
	if p.lab != nil {
		p.lab.Tick()
		return
	}
	p.other().ask(protocol.PUT, "/doc", protocol.Changed, octets("poked "+time.Now().String()))
}

// settled comes back when all that the device has sent is in the flow: a request goes there and its answer back.
func (p *play) settled() {
	p.Helper()
	conn, err := net.Dial("udp4", p.flow.addr.String())
	check(p.T, err)
	defer conn.Close()
	check(p.T, conn.SetDeadline(time.Now().Add(patience)))
	_, err = conn.Write([]byte{0x40, byte(protocol.GET), 0x77, 0x77})
	check(p.T, err)
	for answer := make([]byte, 2000); ; {
		n, err := conn.Read(answer)
		check(p.T, err)
		if n >= 4 && answer[0] == 0x60 && answer[2] == 0x77 && answer[3] == 0x77 {
			return
		}
	}
}

// observed is a case for all pairings: what is done once the observation is there, and the script of what follows.
func observed(do func(p *play), script string) (by [pairings]cell) {
	for i := range by {
		by[i] = played(func(p *play) {
			p.watch(p.observable())
			do(p)
			p.await(registration + script)
		})
	}
	return by
}

// hastyClock runs many times as fast as the system's.
type hastyClock struct {
	begin time.Time
	times time.Duration
}

func (c hastyClock) Now() time.Time { return c.begin.Add(time.Since(c.begin) * c.times) }

func (c hastyClock) AfterFunc(d time.Duration, f func()) func() {
	t := time.AfterFunc(d/c.times, f)
	return func() { t.Stop() }
}

const oneRequest = "a run of the client is one request"

// keptGet is a GET of a resource that is observed, and keptScript that with a notification after it.
const (
	keptGet = `...
		> CON GET mid=$g token=$u !Observe
		...
		< ACK 2.05 mid=$g token=$u !Observe payload
		...
		`
	keptScript = keptGet + `< CON 2.05 mid=$b token=$t Observe=more:$o payload
		...
		> ACK 0.00 mid=$b token=
		...`
)

var observeCases = []plugtest{
	{"TD_COAP_OBS_01", "CON notifications", observed(func(p *play) { p.poke() }, `...
		< CON 2.05 mid=$b token=$t Observe=more:$o payload
		> ACK 0.00 mid=$b token= !payload
		...`)},
	{"TD_COAP_OBS_02", "NON notifications", nonNotifications()},
	{"TD_COAP_OBS_04", "Max-Age passes without a notification", [pairings]cell{
		played(func(p *play) { staleCase(p, "/obs") }),
		played(func(p *play) { staleCase(p, "/time") }),
		not("the client does not look at Max-Age"), not("the client does not look at Max-Age"),
	}},
	{"TD_COAP_OBS_05", "the client is off", clientOff()},
	{"TD_COAP_OBS_06", "RST", [pairings]cell{
		played(resetCase), played(resetCase), not("the client cancels by a GET"), not("the client cancels by a GET"),
	}},
	{"TD_COAP_OBS_07", "DELETE", except(observed(func(p *play) {
		p.other().ask(protocol.DELETE, "/obs", protocol.Deleted)
	}, `...
		< CON 4.04 mid=$b token=$t !Observe
		> ACK 0.00 mid=$b token=`), engineWithLibcoap, played(func(p *play) {
		p.watch(p.observable())
		p.other().ask(protocol.DELETE, "/doc", protocol.Deleted)
		p.await(registration + "< NON 4.04 token=$t !Observe")
	}))},
	{"TD_COAP_OBS_08", "the Content-Format changes", except(observed(func(p *play) {
		p.other().ask(protocol.PUT, "/obs", protocol.Changed, octets("{}"), with(protocol.ContentFormatOption, 50))
	}, `...
		< CON 4.06 mid=$b token=$t !Observe
		> ACK 0.00 mid=$b token=`), engineWithLibcoap, not("the server goes on in the other format, against RFC 7641 §4.2"))},
	{"TD_COAP_OBS_09", "update", observed(func(p *play) {
		path := "/obs"
		if p.lab == nil {
			path = "/doc"
		}
		p.other().ask(protocol.PUT, path, protocol.Changed, payload("updated"))
	}, `...
		< CON 2.05 mid=$b token=$t Observe=more:$o payload=updated
		> ACK 0.00 mid=$b token=
		...`)},
	{"TD_COAP_OBS_10", "a GET keeps the observation", except(except(observed(func(p *play) {
		path := "/obs"
		if p.lab == nil {
			path = "/doc"
		}
		p.ask(protocol.GET, path, protocol.Content)
		p.poke()
	}, keptScript), libcoapWithLab, not(oneRequest)), nodeWithLab, played(func(p *play) {
		p.start(peertest.Node(p, "ask.js", strconv.Itoa(int(p.server.Port())), `[{"pathname":"/obs","observe":true,"notifications":100,"also":{"pathname":"/obs"}}]`))
		p.await(registration + keptGet)
		p.poke()
		p.await(registration + keptScript)
	}))},
}

func nonNotifications() (by [pairings]cell) {
	const script = registration + `...
		< NON 2.05 mid=$b token=$t Observe=more:$o payload
		...`
	by = observed(func(*play) {}, "")
	for i := range by {
		by[i] = played(func(p *play) {
			path := "/obs-non"
			if p.lab == nil {
				s := newStage(p.T)
				s.serve(exec.Command(peertest.System(p, "coap-server"), "-d", "10", "-N"))
				p.device, p.server = s.addr(), s.addr()
				path = p.observable()
			}
			p.watch(path)
			p.poke()
			p.await(script)
		})
	}
	return by
}

// staleCase loses all notifications. When Max-Age is over, the client registers anew.
func staleCase(p *play, path string) {
	p.through(dropping(func(w way, _ int, data []byte) bool {
		m, err := protocol.Parse(data)
		return w == toClient && (err != nil || m.Type != protocol.Acknowledgement)
	}))
	p.watch(path)
	for end := time.Now().Add(2 * patience); ; {
		// Max-Age is 10 s in the lab, and there are 5 to 15 s more so that clients do not all ask at once.
		err := matchScript(p.messages(), registration+`> CON GET mid=$b token=$t Observe=0 !payload
			< ACK 2.05 mid=$b token=$t Observe payload
			...`)
		if err == nil {
			return
		}
		if time.Now().After(end) {
			p.Fatal(err)
		}
		<-time.After(50 * time.Millisecond)
	}
}

// clientOff ends the client without a word. The server sends its CON MAX_RETRANSMIT times again, and then no more.
func clientOff() (by [pairings]cell) {
	for i := range by {
		by[i] = played(func(p *play) {
			check(p.T, p.lab.Close())
			var err error
			p.lab, err = lab.Start(lab.Config{Seed: 1, Ephemeral: true, Loss: lab.NoLoss, Clock: hastyClock{time.Now(), 40}})
			check(p.T, err)
			p.Cleanup(func() { check(p.T, p.lab.Close()) })
			p.device = deviceAddr(p, p.lab, "plugtest")
			off := false
			p.through(dropping(func(w way, n int, data []byte) bool {
				// It hears nothing and says nothing from the first notification on.
				m, err := protocol.Parse(data)
				off = off || w == toClient && err == nil && m.Code == protocol.Content && m.Type == protocol.Confirmable
				return off
			}))
			engine := p.engine
			p.engine = nil // what counts is what the server sends
			if engine != nil {
				_, err := engine.Observe(session.Request{To: p.server, Message: message(protocol.GET, "/obs")}, func(session.ObservationEvent) {})
				check(p.T, err)
			} else {
				p.watch("/obs")
			}
			p.await(registration + "...\n< CON 2.05 token=$t Observe payload\n...")
			count := func() (copies, others int) {
				var first []byte
				for _, d := range p.flow.recorded() {
					m, err := protocol.Parse(d.data)
					check(p.T, err)
					switch {
					case d.way != toClient || m.Type != protocol.Confirmable:
					case first == nil || string(first) == string(d.data):
						first, copies = d.data, copies+1
					default:
						others++
					}
				}
				return copies, others
			}
			ctx, cancel := context.WithTimeout(p.Context(), patience)
			defer cancel()
			for copies, _ := count(); copies < 5; copies, _ = count() {
				select {
				case <-ctx.Done():
					p.Fatalf("the notification was sent %d times, want 5", copies)
				case <-time.After(10 * time.Millisecond):
				}
			}
			// It waits once more, as long as for all before, until it gives up; what it has then to say to an observer
			// would be heard at the next change.
			<-time.After(60 * time.Second / 40)
			p.lab.Tick()
			p.lab.Tick()
			<-time.After(20 * time.Millisecond)
			if copies, others := count(); copies != 5 || others != 0 {
				p.Errorf("the notification was sent %d times, want 5; then %d others", copies, others)
			}
		})
	}
	by[engineWithLibcoap] = not("the server's time cannot be made faster: it takes minutes")
	return by
}

// answered counts what the client has answered notifications with: Empty ACKs, and Resets.
func (p *play) answered() (acks, resets int) {
	for _, d := range p.flow.recorded() {
		switch kind, _, ok := protocol.Header(d.data); {
		case !ok || d.way != toServer:
		case kind == protocol.Reset:
			resets++
		case kind == protocol.Acknowledgement:
			acks++
		}
	}
	return acks, resets
}

// resetCase rejects a notification. Then there are no more.
func resetCase(p *play) {
	p.through(perfect)
	o := p.watch(p.observable())
	o.Cancel(session.Reject)
	p.poke()
	ctx, cancel := context.WithTimeout(p.Context(), patience)
	defer cancel()
	for seen := 0; ; { // what comes before the wish is heard is acknowledged
		acks, resets := p.answered()
		if resets > 0 {
			break
		}
		if acks > seen {
			seen = acks
			p.poke()
		}
		select {
		case <-ctx.Done():
			p.Fatal("no notification was rejected")
		case <-time.After(10 * time.Millisecond):
		}
	}
	script := registration + `...
		< CON 2.05 mid=$b token=$t Observe=more:$o
		> RST 0.00 mid=$b token=`
	p.await(script)
	<-o.Done()
	p.settled()
	before := len(p.flow.recorded())
	p.poke()
	p.settled()
	if more := len(p.flow.recorded()) - before; more != 2 { // the request and its answer
		p.Errorf("%d datagrams after the observation was rejected, want 2", more)
	}
}

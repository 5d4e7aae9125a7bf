package peertest_test

import (
	"bytes"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"coapscope/protocol"
	"coapscope/session/lab"
	"coapscope/session/peertest"
)

var (
	libcoapClients = []peerKind{libcoapClient, libcoapNewClient}
	allClients     = append(slices.Clone(libcoapClients), nodeClient, goCoAPClient)
)

// clientFeatures are what clients of others do with the lab.
var clientFeatures = []feature{
	{"GET, PUT, POST, DELETE in CON", forAll(played(func(p *play) { p.foreignLife(false) }), allClients...)},
	{"GET, PUT, POST, DELETE in NON", forAll(played(func(p *play) { p.foreignLife(true) }), allClients...)},
	{"FETCH, PATCH, iPATCH", forAll(played(func(p *play) {
		p.at("store")
		for _, method := range []protocol.Code{protocol.FETCH, protocol.PATCH, protocol.IPATCH} {
			want := protocol.Changed
			if method == protocol.FETCH {
				want = protocol.Content
			}
			p.foreign(foreignRequest{method: method, path: "/mirror", body: []byte("abc")}, want, []byte("cba"))
		}
	}), libcoapClient, libcoapNewClient, nodeClient)},
	{"separate response", forAll(played(func(p *play) {
		p.foreign(foreignRequest{method: protocol.GET, path: "/separate"}, protocol.Content, nil)
		p.await(strings.ReplaceAll(separateScript, "Uri-Path=PATH", ""))
	}), allClients...)},
	{"Block2", forAll(played(func(p *play) {
		p.at("store")
		for _, size := range []int{0, 256, 1024} {
			p.foreign(foreignRequest{method: protocol.GET, path: "/blobs/100k", block: size}, protocol.Content, lab.Blob(1, 100_000))
		}
	}), libcoapClient, libcoapNewClient, nodeClient, goCoAPClient)},
	{"Block1", forAll(played(func(p *play) {
		p.at("store")
		for _, size := range []int{0, 64} {
			data := blob(uint64(size), 20_000)
			p.foreign(foreignRequest{method: protocol.PUT, path: "/upload", body: data, block: size}, protocol.Changed, nil)
			got := p.other().askFor(whole, protocol.GET, "/upload", protocol.Content).Message.Payload
			if !bytes.Equal(got, data) {
				p.Errorf("%d bytes are there that are not those sent", len(got))
			}
		}
	}), libcoapClient, libcoapNewClient, goCoAPClient, nodeClient)},
	{"Block1 and Block2 at once", forAll(played(func(p *play) {
		louder := strings.Repeat("louder ", 500)
		p.foreign(foreignRequest{method: protocol.POST, path: "/large-post", body: []byte(louder)}, protocol.Changed, []byte(strings.ToUpper(louder)))
	}), allClients...)},
	{"Q-Block1, Q-Block2", forAll(played(func(p *play) {
		p.at("store")
		data := blob(1, 20_000)
		p.coapBy(p.peer.program(p, "coap-client"), "-L 7 -N -m put -f "+p.file("in", string(data)), "/upload")
		if got := p.coapBy(p.peer.program(p, "coap-client"), "-L 7 -N", "/upload"); !bytes.Equal(got, data) {
			p.Errorf("got %d bytes that are not those sent", len(got))
		}
		p.uses(protocol.QBlock1, protocol.QBlock2)
	}), libcoapNewClient)},
	{"Request-Tag", forAll(played(func(p *play) {
		p.at("store")
		p.foreign(foreignRequest{method: protocol.PUT, path: "/upload", body: blob(1, 5000)}, protocol.Changed, nil)
		p.uses(protocol.RequestTag)
	}), libcoapClients...)},
	{"observation", forAll(played(func(p *play) { p.foreignObservation("/obs") }), allClients...)},
	{"observation, with notifications in blocks", forAll(played(func(p *play) { p.foreignObservation("/obs-large") }), libcoapClients...)},
	{"observation cancelled by GET", or(forAll(cell{func(p *play) {
		p.node(step{"pathname": "/obs-pumping", "observe": true, "notifications": 2})
		for _, s := range p.messages()[1:] {
			if s.byClient && s.message.Code != protocol.Empty {
				p.Errorf("it says %v", s)
			}
		}
	}, "it says nothing when a response is closed"}, nodeClient), forAll(played(func(p *play) {
		switch p.peer.is {
		case goCoAPClient:
			seen := make(chan struct{}, 1000)
			stop := goClient{}.observe(p.T, p.server, "/obs-pumping", func([]byte) { seen <- struct{}{} })
			<-seen
			stop()
		default:
			p.coapBy(p.peer.program(p, "coap-client"), "-s 1", "/obs")
		}
		p.await("> CON GET mid=$m token=$t Observe=0\n...\n> CON GET mid=$n token=$t Observe=1\n...")
	}), libcoapClient, libcoapNewClient, goCoAPClient))},
	{"Echo", forAll(played(func(p *play) {
		p.at("difficult")
		p.foreign(foreignRequest{method: protocol.GET, path: "/echo/once"}, protocol.Content, []byte("fresh\n"))
		p.uses(protocol.Echo)
	}), libcoapNewClient, libcoapClient)},
	{"No-Response", forAll(played(func(p *play) {
		p.run(exec.Command(p.peer.program(p, "coap-client"), "-B", "1", "-O", "258,0x02", p.urlOf("/test")))
		p.await("> CON GET mid=$m token=$t No-Response=2\n< ACK 0.00 mid=$m token=")
	}), libcoapClients...)},
	{"token of 20 bytes (RFC 8974)", forAll(played(func(p *play) {
		p.at("store")
		got := p.coapBy(p.peer.program(p, "coap-client"), "-T 0123456789abcdefghij", "/blobs/1k")
		if !bytes.Equal(got, lab.Blob(1, 1024)) {
			p.Errorf("got %d bytes that are not those there", len(got))
		}
		longest := 0
		for _, s := range p.messages() {
			longest = max(longest, s.message.Token.Len())
		}
		if longest != 20 {
			p.Errorf("the longest token has %d bytes, want 20", longest)
		}
	}), libcoapNewClient)},
	{"forward proxy: Proxy-Uri, Hop-Limit", forAll(played(func(p *play) {
		origin := deviceAddr(p, p.lab, "plugtest")
		p.at("store")
		file := p.file("got", "")
		ask := func(hops string) {
			p.run(exec.Command(p.peer.program(p, "coap-client"), "-v", "0", "-B", "20", "-o", file, "-H", hops, "-P", "coap://"+p.server.String(), fmt.Sprintf("coap://%v/validate", origin)))
		}
		ask("5")
		p.await("> CON GET mid=$m token=$t Proxy-Uri Hop-Limit=5\n< ACK 2.05 mid=$m token=$t payload=Validate\n")
		p.forget()
		p.fresh()
		ask("1")
		p.await("> CON GET mid=$m token=$t Proxy-Uri Hop-Limit=1\n< ACK 5.08 mid=$m token=$t payload")
	}), libcoapClients...)},
	{"multicast", forAll(played(everyDeviceAnswers), libcoapClients...)},
}

func (p *play) urlOf(path string) string { return fmt.Sprintf("coap://%v%s", p.server, path) }

// foreign makes a request with the peer's client; want is nil for any body.
func (p *play) foreign(r foreignRequest, code protocol.Code, want []byte) {
	p.Helper()
	p.fresh()
	r.to = p.server
	var got protocol.Code
	var body []byte
	switch p.peer.is {
	case goCoAPClient:
		got, body = goClient{}.do(p.T, r)
	case nodeClient:
		got, body = p.nodeRequest(r)
	default:
		args := "-m " + strings.ToLower(r.method.Short())
		if r.non {
			args += " -N"
		}
		if r.block > 0 {
			args += " -b " + strconv.Itoa(r.block)
		}
		if r.body != nil {
			args += " -t 0 -f " + p.file("in", string(r.body))
			if r.path == "/upload" {
				args = strings.Replace(args, "-t 0", "-t 42", 1)
			}
		}
		body = p.coapBy(p.peer.program(p, "coap-client"), args, r.path)
		for _, s := range p.messages() {
			if !s.byClient && s.message.Code.IsResponse() {
				got = s.message.Code
			}
		}
	}
	if got != code {
		p.Fatalf("%v %s: got %v %.60q, want %v", r.method, r.path, got, body, code)
	}
	if want != nil && !bytes.Equal(body, want) {
		p.Errorf("%v %s: got %d bytes that are not the %d expected", r.method, r.path, len(body), len(want))
	}
}

func (p *play) nodeRequest(r foreignRequest) (protocol.Code, []byte) {
	p.Helper()
	options := map[string]any{}
	s := step{"pathname": r.path, "method": r.method.Short(), "confirmable": !r.non, "options": options}
	if r.body != nil {
		s["payload"] = fmt.Sprintf("hex:%x", r.body)
		options["Content-Format"] = "text/plain"
		if r.path == "/upload" {
			options["Content-Format"] = "application/octet-stream"
		}
	}
	size := max(r.block, 0)
	if size == 0 {
		size = 1024
	}
	switch {
	case len(r.body) > size:
		options["Block1"] = fmt.Sprintf("hex:%02x", protocol.SZXFor(size))
	case r.block > 0:
		options["Block2"] = fmt.Sprintf("hex:%02x", protocol.SZXFor(size))
	}
	answer := p.node(s)[0]
	code, err := protocol.ParseCode(answer.Code)
	check(p.T, err)
	return code, bytes.Join(answer.Payloads, nil)
}

// foreignLife is the life of a document.
func (p *play) foreignLife(non bool) {
	p.Helper()
	p.foreign(foreignRequest{method: protocol.GET, path: "/none", non: non}, protocol.NotFound, nil)
	p.foreign(foreignRequest{method: protocol.PUT, path: "/create1", body: []byte("made"), non: non}, protocol.Created, nil)
	p.foreign(foreignRequest{method: protocol.GET, path: "/create1", non: non}, protocol.Content, []byte("made"))
	p.foreign(foreignRequest{method: protocol.PUT, path: "/create1", body: []byte("changed"), non: non}, protocol.Changed, nil)
	p.foreign(foreignRequest{method: protocol.DELETE, path: "/create1", non: non}, protocol.Deleted, nil)
	p.foreign(foreignRequest{method: protocol.GET, path: "/create1", non: non}, protocol.NotFound, nil)
	p.foreign(foreignRequest{method: protocol.POST, path: "/large-post", body: []byte("shout"), non: non}, protocol.Changed, []byte("SHOUT"))
}

// foreignObservation follows a resource through four changes.
func (p *play) foreignObservation(path string) {
	p.Helper()
	if p.peer.is == goCoAPClient {
		stop := goClient{}.observe(p.T, p.server, path, func([]byte) {})
		p.Cleanup(stop)
	} else {
		p.by = libcoapWithLab
		command := exec.Command(peertest.System(p, "coap-client"), "-s", "60", p.urlOf(path))
		switch p.peer.is {
		case nodeClient:
			command = peertest.Node(p, "ask.js", strconv.Itoa(int(p.server.Port())), fmt.Sprintf(`[{"pathname":%q,"observe":true,"notifications":100}]`, path))
		case libcoapNewClient:
			command = exec.Command(peertest.Program(p, "coap-client"), "-s", "60", p.urlOf(path))
		}
		p.start(command)
	}
	// What begins with a block goes on by a request for the rest, which may cross the ACK.
	notification := "< CON 2.05 mid=$m# token=$t Observe\n...\n> ACK 0.00 mid=$m#\n...\n"
	if path == "/obs-large" {
		notification = "< CON 2.05 mid=$m# token=$t Observe Block2=0/1/1024\n...\n> CON GET token=$r# Block2=1/0/1024\n...\n< ACK 2.05 token=$r# Block2=1/0/1024\n...\n"
	}
	script := "> CON GET token=$t Observe=0\n< ACK 2.05 token=$t Observe\n...\n"
	p.await(script)
	for i := range 4 {
		p.poke()
		script += strings.ReplaceAll(notification, "#", strconv.Itoa(i))
		p.await(script)
	}
}

// everyDeviceAnswers asks the group until each device of the lab has answered.
func everyDeviceAnswers(p *play) {
	group := p.lab.MulticastAddr()
	if !group.IsValid() {
		p.Fatal("the lab could not join All CoAP Nodes on loopback")
	}
	output := new(lockedBuffer)
	command := exec.Command(p.peer.program(p, "coap-client"), "-v", "8", "-a", "127.0.0.1", "-N", "-B", "60", "coap://"+group.String()+"/.well-known/core")
	command.Stdout, command.Stderr = output, output // 4.3.1 logs to the one, 4.3.4 to the other
	p.start(command)
	for end := time.Now().Add(patience); ; {
		var missing []string
		for _, d := range p.lab.Devices() {
			if !strings.Contains(output.String(), `title="`+d.Name+`"`) { // that of its root
				missing = append(missing, d.Name)
			}
		}
		if len(missing) == 0 {
			return
		}
		if time.Now().After(end) {
			p.Fatalf("no answer from %v:\n%.3000s", missing, output.String())
		}
		<-time.After(10 * time.Millisecond)
	}
}

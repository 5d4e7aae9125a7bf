package snippet_test

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"coapscope/protocol"
)

// patience is how long a program may take; only a failing test waits that long.
const patience = 30 * time.Second

// recorder is a device that answers every request with success, and keeps what came.
type recorder struct {
	t    testing.TB
	conn net.PacketConn
	port int

	mu       sync.Mutex
	messages []protocol.Message
	raw      [][]byte
}

// record starts one on an address such as "127.0.0.1:0".
func record(t testing.TB, address string) *recorder {
	t.Helper()
	conn, err := net.ListenPacket("udp", address)
	if err != nil {
		t.Skipf("%s cannot be listened on: %v", address, err)
	}
	r := &recorder{t: t, conn: conn, port: conn.LocalAddr().(*net.UDPAddr).Port}
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.serve()
	}()
	t.Cleanup(func() {
		conn.Close()
		<-done
	})
	return r
}

func (r *recorder) serve() {
	buffer := make([]byte, 1<<16)
	for {
		n, from, err := r.conn.ReadFrom(buffer)
		if err != nil {
			return
		}
		data := append([]byte(nil), buffer[:n]...)
		m, err := protocol.Parse(data)
		r.mu.Lock()
		r.raw = append(r.raw, data)
		if err == nil && m.Code.IsRequest() {
			r.messages = append(r.messages, m)
		}
		r.mu.Unlock()
		if err != nil && n >= 4 { // a real device is silent, and the program waits for ten seconds
			m, err = protocol.Message{MessageID: protocol.MessageID(data[2])<<8 | protocol.MessageID(data[3])}, nil
		}
		if err != nil || m.Type > protocol.NonConfirmable {
			continue
		}
		answer := protocol.Message{Type: protocol.Acknowledgement, MessageID: m.MessageID, Token: m.Token, Code: protocol.Changed}
		if m.Code == protocol.GET || m.Code == protocol.FETCH {
			answer.Code = protocol.Content
		}
		switch b, ok := m.Options.Block(protocol.Block1); {
		case m.Code == protocol.Empty:
			answer = protocol.Message{Type: protocol.Reset, MessageID: m.MessageID}
		case m.Type == protocol.NonConfirmable:
			answer.Type = protocol.NonConfirmable
			fallthrough
		default:
			if ok {
				if b.More {
					answer.Code = protocol.Continue
				}
				answer.Options = answer.Options.Set(protocol.Block1, b.Value())
			}
		}
		reply, err := answer.Append(nil)
		if err != nil {
			r.t.Error(err)
			return
		}
		if _, err := r.conn.WriteTo(reply, from); err != nil {
			return
		}
	}
}

// take gives the requests that came, and forgets them. Those that were sent again are there once.
func (r *recorder) take() (messages []protocol.Message, raw [][]byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range r.messages {
		if n := len(messages); n == 0 || messages[n-1].MessageID != m.MessageID {
			messages = append(messages, m)
		}
	}
	raw = r.raw
	r.messages, r.raw = nil, nil
	return messages, raw
}

// shell runs a command line with sh, where names of programs stand for files.
func shell(t testing.TB, line, dir string, programs map[string]string) string {
	t.Helper()
	bin := t.TempDir()
	for name, path := range programs {
		script := "#!/bin/sh\nexec '" + path + "' \"$@\"\n"
		if err := os.WriteFile(filepath.Join(bin, name), []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	command := exec.CommandContext(ctx, "sh", "-c", line)
	command.Dir = dir
	command.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"))
	output, err := command.CombinedOutput()
	if err != nil {
		t.Errorf("%s\n%v: %s", line, err, output)
	}
	return string(output)
}

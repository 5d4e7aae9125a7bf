package main

import (
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is a program that was started here, and is ended here.
type process struct {
	command *exec.Cmd
	done    chan struct{} // closed when it has ended
	err     error         // how, after that
	output  tail
}

// run starts a command. It ends with this program, however that ends.
func run(command *exec.Cmd) (*process, error) {
	p := &process{command: command, done: make(chan struct{})}
	command.Stdout, command.Stderr = &p.output, &p.output
	command.SysProcAttr = endWithParent()
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = 3 * time.Second
	if err := command.Start(); err != nil {
		return nil, err
	}
	go func() {
		p.err = command.Wait()
		close(p.done)
	}()
	return p, nil
}

// end asks the process to end, and makes it end when it does not.
func (p *process) end() {
	_ = p.command.Process.Signal(syscall.SIGTERM)
	deadline := time.NewTimer(3 * time.Second)
	defer deadline.Stop()
	select {
	case <-p.done:
		return
	case <-deadline.C:
	}
	_ = p.command.Process.Kill()
	<-p.done
}

// said gives what the process wrote last.
func (p *process) said() string { return p.output.String() }

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, b...)
	if over := len(t.text) - 256<<10; over > 0 {
		t.text = append(t.text[:0], t.text[over:]...)
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.text))
}

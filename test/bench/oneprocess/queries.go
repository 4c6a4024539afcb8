package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/tavana/tavana/internal/duck"
)

// lines reads statements from standard input, each a JSON string on a line.
func lines(each func(sql string) error) error {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		var sql string
		if err := json.Unmarshal(in.Bytes(), &sql); err != nil {
			return err
		}
		if err := each(sql); err != nil {
			return err
		}
	}
	return in.Err()
}

// queries runs a statement at a time on one database (arguments: statements
// that set it up), reads all of its rows and prints how long that took, in
// nanoseconds.
func queries(ctx context.Context, setup []string) error {
	db, conn, err := open(ctx, setup)
	if err != nil {
		return err
	}
	defer db.Close()
	defer conn.Close()
	fmt.Println("ready")
	return lines(func(sql string) error {
		began := time.Now()
		if err := drain(ctx, conn, sql); err != nil {
			return err
		}
		fmt.Println(time.Since(began).Nanoseconds())
		return nil
	})
}

// drain runs a statement and reads its rows.
func drain(ctx context.Context, conn *duck.Conn, sql string) error {
	p, err := conn.Prepare(ctx, sql)
	if err != nil {
		return err
	}
	defer p.Close()
	rows, err := p.Stream(ctx)
	if err != nil {
		return err
	}
	defer rows.Close()
	for {
		if chunk, err := rows.Next(ctx); err != nil || chunk == nil {
			return err
		}
	}
}

// together reads all statements, runs each on a connection of its own at the
// same time, and prints how long all of them took and how many failed.
func together(ctx context.Context, setup []string) error {
	db, conn, err := open(ctx, setup)
	if err != nil {
		return err
	}
	defer db.Close()
	defer conn.Close()
	var all []string
	if err := lines(func(sql string) error { all = append(all, sql); return nil }); err != nil {
		return err
	}
	failures := make(chan error, len(all))
	began := time.Now()
	var group sync.WaitGroup
	for _, sql := range all {
		group.Go(func() {
			own, err := db.Connect()
			if err == nil {
				err = drain(ctx, own, sql)
				own.Close()
			}
			if err != nil {
				failures <- err
			}
		})
	}
	group.Wait()
	fmt.Println(time.Since(began).Nanoseconds(), len(failures))
	return nil
}

// first runs one statement (the last argument; others set the database up) and
// prints its first value.
func first(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New("the statement is missing")
	}
	last := len(args) - 1
	db, conn, err := open(ctx, args[:last])
	if err != nil {
		return err
	}
	defer db.Close()
	defer conn.Close()
	text, err := conn.Query(ctx, args[last])
	if err != nil {
		return err
	}
	if len(text.Rows) == 0 {
		return errors.New("no row")
	}
	fmt.Println(text.Strings(0)[0])
	return nil
}

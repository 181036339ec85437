module diff

go 1.25

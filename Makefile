# Every target is a function in tools/tasks.py; it creates .venv itself.
# Variables pass through: make serve PORT=8001, make miniature NAME=gpt.
PYTHON ?= python3
TASKS = help serve build build-next test test-long check facts schema ids bench shots \
  miniature measure goldens cards lock clean

.DEFAULT_GOAL = help
.PHONY: $(TASKS)

$(TASKS):
	@$(PYTHON) tools/tasks.py $@
